import { statSync } from 'node:fs';
import t from 'tap';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { setMode, setOwner } from '../../../lib/os/owner.js';

t.test('the mode is exactly the one given', async (t) => {
  const directory = t.testdir({ file: '' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDONLY);
  for (const mode of [0o666, 0o600, 0o4755, 0o644]) {
    setMode(fd, mode);
    t.equal(statSync(`${directory}/file`).mode & 0o7777, mode);
  }
  setMode(fd, statSync(`${directory}/file`).mode);
  t.ok(statSync(`${directory}/file`).isFile(), 'a whole st_mode is fine');
  closeFd(fd);
  t.throws(() => setMode(fd, 0o600), { code: 'EBADF', syscall: 'fchmod' });
  closeFd(root);
});

t.test('an owner, a group, or neither changes', async (t) => {
  const directory = t.testdir({ file: '' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDONLY);
  const { uid, gid } = statSync(`${directory}/file`);
  setOwner(fd, -1, -1);
  t.match(statSync(`${directory}/file`), { uid, gid });
  const rootOnly = process.getuid?.() !== 0 && 'needs root to give files away';
  t.test('to another user', { skip: rootOnly }, async (t) => {
    setOwner(fd, 65534, -1);
    t.match(statSync(`${directory}/file`), { uid: 65534, gid });
    setOwner(fd, -1, 4_000_000_000);
    t.match(statSync(`${directory}/file`), { uid: 65534, gid: 4_000_000_000 });
  });
  t.teardown(() => [fd, root].forEach(closeFd));
  t.throws(() => setOwner(-1, 0, 0), { code: 'EBADF', syscall: 'fchown' });
});
