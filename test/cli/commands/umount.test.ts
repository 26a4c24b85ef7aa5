import { spawn, spawnSync } from 'node:child_process';
import t from 'tap';
import { at, emptyPlace, look, request, startServing } from '../../mount/kernel/serving.js';
import { bucketree } from '../captured.js';
import { NEEDS_MOUNTS } from '../mounted.js';

const asRoot = { skip: NEEDS_MOUNTS };

t.test('only mounts of ours are unmounted', async (t) => {
  const directory = t.testdir({ plain: {} });
  t.match(await bucketree(['umount', 'plain'], directory), { code: 1, stderr: /nothing is mounted/ });
  t.match(await bucketree(['umount', 'none'], directory), {
    code: 1,
    stderr: /nothing is mounted|no directory/,
  });
  t.match(await bucketree(['umount'], directory), { code: 2, stderr: /MOUNTPOINT/ });
  t.test('a filesystem of others', asRoot, async (t) => {
    const place = emptyPlace(t);
    spawnSync('mount', ['-t', 'tmpfs', 'none', place]);
    t.match(await bucketree(['umount', place], directory), { code: 1, stderr: /but tmpfs[^]*fix: umount / });
    t.equal(at(place)?.type, 'tmpfs');
  });
});

t.test('a mount in use says so, and goes when it is insisted on', asRoot, async (t) => {
  const place = emptyPlace(t);
  const serving = startServing(t, request(place));
  await serving.next();
  const user = spawn('sh', ['-c', `cd ${place} && echo in && exec sleep 60`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => user.kill('SIGKILL'));
  await new Promise((resolve) => user.stdout.once('data', resolve));
  t.match(await bucketree(['umount', place], '/'), { code: 1, stderr: /is in use[^]*fuser -vm[^]*--lazy/ });
  t.match(await bucketree(['umount', '--lazy', place], '/'), { code: 0, stderr: '' });
  t.equal(at(place), undefined);
});

t.test('a dead mount goes, and one whose server hangs by force', asRoot, async (t) => {
  const place = emptyPlace(t);
  const dead = startServing(t, request(place));
  await dead.next();
  await dead.kill();
  t.match(await bucketree(['umount', place], '/'), { code: 0 });
  const hanging = startServing(t, request(place));
  await hanging.next();
  await hanging.order('hang');
  const stuck = look('ls', place);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.match(await bucketree(['umount', '--force', place], '/'), { code: 0 });
  t.equal(at(place), undefined);
  t.not((await stuck).code, 0);
});
