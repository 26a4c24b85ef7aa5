import { spawn, spawnSync } from 'node:child_process';
import t from 'tap';
import { forceAway, isPrivileged, takeAway, unmountAt } from '../../../mount/kernel/unmounting.js';
import { NEEDS_ROOT, at, emptyPlace, look, request, startServing } from './serving.js';

const asRoot = { skip: NEEDS_ROOT };

/** A process that works in a directory. */
async function user(t: { teardown: (end: () => void) => void }, place: string): Promise<void> {
  const child = spawn('sh', ['-c', 'cd "$1" && echo in && exec sleep 60', '-', place], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.stdout.once('data', resolve));
}

t.test('root unmounts by itself', asRoot, async (t) => {
  t.equal(isPrivileged(), true);
});

t.test(
  'a mount in use is busy to who asks politely, and goes out of the tree for who insists',
  asRoot,
  async (t) => {
    const place = emptyPlace(t);
    const serving = startServing(t, request(place));
    await serving.next();
    await user(t, place);
    t.equal(await unmountAt(place, { lazy: false, milliseconds: 5000 }), 'busy');
    t.equal(await unmountAt(place, { lazy: true, milliseconds: 5000 }), 'done');
    t.equal(await unmountAt(place, { lazy: false, milliseconds: 5000 }), 'not mounted');
    await takeAway(place);
  },
);

t.test('a server that ends while its mount is in use takes it out of the tree', asRoot, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  await user(t, place);
  t.equal(await serving.order('end'), 'detached');
  t.equal(at(place), undefined);
});

t.test('a mount on top of ours is left alone', asRoot, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  spawnSync('mount', ['-t', 'tmpfs', 'none', place], { timeout: 10_000 });
  t.equal(await serving.order('end'), 'covered');
  t.equal(at(place)?.type, 'tmpfs');
});

t.test('a mount whose server hangs goes as well, and who waited is told', asRoot, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  await user(t, place);
  await serving.order('hang');
  const stuck = look('ls', place);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await forceAway(place, undefined);
  t.equal(at(place), undefined);
  t.not((await stuck).code, 0);
});
