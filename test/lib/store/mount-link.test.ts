import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { MountLink } from '../../../lib/store/mount-link.js';
import { MountDoor, socketDirectory } from './mount-door.js';

const ROOT = 'fd00-a';

t.test(
  'a mount that stopped answering is told of so many changes and no more: then it is let go, and notices',
  async (t) => {
    const door = await MountDoor.open(t, socketDirectory(t), [ROOT]);
    let late = 0;
    let ended = false;
    const link = new MountLink(door.path, {
      introduced: () => [ROOT],
      late: () => late++,
      ended: () => (ended = true),
    });
    t.teardown(() => link.close());
    t.equal(link.at, door.path, 'its socket, before it said where it is');
    await link.tell('changed', [{ root: ROOT, path: 'first' }]);
    t.equal(link.at, '/mnt');
    door.onFrame = () => undefined;
    await link.tell('changed', [{ root: ROOT, path: 'stuck' }]);
    t.equal(late, 1);
    const many = Array.from({ length: 15_000 }, (_, n) => ({ root: ROOT, path: String(n) }));
    t.equal(link.tell('changed', many), undefined);
    t.equal(ended, false);
    t.equal(link.tell('changed', many), undefined);
    while (!ended) await sleep(1);
    while (door.connections > 0) await sleep(1);
  },
);

t.test('the end of a mount is told once, and whoever waits goes on', async (t) => {
  const door = await MountDoor.open(t, socketDirectory(t), [ROOT]);
  const ends: boolean[] = [];
  const link = new MountLink(door.path, {
    introduced: () => [],
    late: () => t.fail('it was not late'),
    ended: (_, refused) => ends.push(refused),
  });
  await link.tell('changed', [{ root: ROOT, path: '' }]);
  door.onFrame = () => void door.close();
  await link.tell('changed', [{ root: ROOT, path: 'a' }]);
  while (ends.length === 0) await sleep(1);
  t.strictSame(ends, [false], 'it was there, and ended');
});
