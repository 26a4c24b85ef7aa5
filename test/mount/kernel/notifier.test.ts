import t from 'tap';
import { mountNeeded, script } from '../mounted.js';
import { ThreadNotifier } from '../../../mount/kernel/notifier.js';
import { memoryMount } from './memory-mount.js';

const skip = mountNeeded() ?? false;

t.test('a name that is told about is looked up again', { skip }, async (t) => {
  const mount = await memoryMount(t, { validity: 3600 });
  await script(mount, `cd "$1"; echo x > f; ls -l f`);
  await mount.notify([
    { kind: 'inode', node: 2n, offset: -1, length: 0 },
    { kind: 'inode', node: 2n, offset: 0, length: 0 },
    { kind: 'entry', parent: 1n, name: Buffer.from('f'), expire: false },
    { kind: 'entry', parent: 1n, name: Buffer.from('not there'), expire: true },
    { kind: 'epoch' },
  ]);
  t.match(await script(mount, `cd "$1"; cat f`), { code: 0, output: 'x\n' });
  t.notOk(mount.said.find((line) => 'fault' in line));
});

t.test(
  'a notification that waits for its directory stops no request, and an epoch passes it',
  { skip },
  async (t) => {
    const mount = await memoryMount(t, { slow: 1500, validity: 3600 });
    await script(mount, `cd "$1"; echo x > f`);
    const making = script(mount, `mkdir "$1/slow"; echo made`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const order: string[] = [];
    const entry = mount
      .notify([{ kind: 'entry', parent: 1n, name: Buffer.from('f'), expire: false }])
      .then(() => order.push('entry'));
    const seen = await script(mount, `cat "$1/f"`, { milliseconds: 20_000 });
    t.equal(seen.output, 'x\n');
    await making;
    await entry;
    t.strictSame(order, ['entry']);
    t.equal(await mount.stop('unmount'), 0);
  },
);

t.test('a notifier that is closed has nothing left to say', async (t) => {
  const notifier = new ThreadNotifier(-1, { expireOnly: true, epoch: false });
  await notifier.send([]);
  await notifier.send([{ kind: 'epoch' }]);
  await notifier.send([{ kind: 'inode', node: 2n, offset: -1, length: 0 }]);
  await notifier.close();
  await t.resolves(notifier.send([{ kind: 'inode', node: 2n, offset: -1, length: 0 }]));
});
