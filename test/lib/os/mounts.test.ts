import { mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { openFuse } from '../../../lib/os/fuse-device.js';
import { mountFuse, unmount, unmountLater } from '../../../lib/os/mounts.js';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { tryMount } from './mounted.js';

/** Flags of mount(2). */
const [RDONLY, NOSUID, NODEV] = [1, 2, 4];
const asRoot = { skip: process.getuid?.() !== 0 && 'needs root' };

function line(target: string): string | undefined {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((text) => text.split(' ')[4] === target);
}

t.test('a device becomes a mount that the table shows, and goes again', asRoot, async (t) => {
  const target = mkdtempSync(`${tmpdir()}/mounts-`);
  const fd = openFuse();
  const data = `fd=${fd},rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other`;
  const asked = { source: '/some where', target, type: 'fuse.example', data };
  mountFuse({ ...asked, flags: RDONLY | NOSUID | NODEV });
  const shown = line(target) ?? '';
  t.match(shown, ' ro,nosuid,nodev');
  t.match(shown, ' - fuse.example /some\\040where ');
  t.match(shown, 'default_permissions,allow_other');
  t.throws(() => mountFuse({ ...asked, flags: 0 }), { code: 'EBUSY', syscall: 'mount' }, 'once is enough');
  // The kernel has not heard from its server yet, which is what force is for.
  unmount(target, { force: true });
  t.equal(line(target), undefined);
  rmdirSync(target);
  closeFd(fd);
});

t.test('a busy mount is refused, and leaves at once when that is wanted', asRoot, async (t) => {
  const { refused, path } = tryMount(t, 'tmpfs');
  t.equal(refused, false);
  mkdirSync(`${path}/inner`);
  const fd = openDirectory(`${path}/inner`);
  t.throws(() => unmount(path), { code: 'EBUSY', syscall: 'umount2' });
  await t.rejects(unmountLater(path), { code: 'EBUSY', syscall: 'umount2' });
  await unmountLater(path, { detach: true });
  t.equal(line(path), undefined);
  await t.rejects(unmountLater(path), { code: 'EINVAL' });
  t.throws(() => unmount(path), { code: 'EINVAL' });
  closeFd(fd);
});

t.test('what cannot be mounted says why', asRoot, async (t) => {
  const asked = {
    source: 'x',
    type: 'fuse.example',
    flags: 0,
    data: 'fd=0,rootmode=40000,user_id=0,group_id=0',
  };
  t.throws(() => mountFuse({ ...asked, target: '/nowhere/at/all' }), { code: 'ENOENT' });
  t.throws(() => mountFuse({ ...asked, target: t.testdir({}) }), { code: 'EINVAL' });
  t.throws(() => mountFuse({ ...asked, target: '/tmp\0' }), { code: 'EINVAL' });
});
