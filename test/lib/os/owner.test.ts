import { lstatSync, statSync } from 'node:fs';
import t from 'tap';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { setMode, setModeOf, setOwner, setOwnerOf } from '../../../lib/os/owner.js';

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

t.test('a descriptor that is only a place is enough', async (t) => {
  const directory = t.testdir({ file: '', sub: {}, link: t.fixture('symlink', 'file') });
  const root = openDirectory(directory);
  const places = ['file', 'sub', 'link'].map((name) => openAt(root, name, O.PATH));
  t.teardown(() => [...places, root].forEach(closeFd));
  const [file = -1, sub = -1, link = -1] = places;
  setModeOf(file, 0o640);
  setModeOf(sub, 0o1711);
  t.equal(statSync(`${directory}/file`).mode & 0o7777, 0o640);
  t.equal(statSync(`${directory}/sub`).mode & 0o7777, 0o1711);
  t.throws(() => setModeOf(link, 0o600), { code: 'EOPNOTSUPP' });
  t.equal(statSync(`${directory}/file`).mode & 0o7777, 0o640, 'not what the link points to');
  t.throws(() => setModeOf(-1, 0o600), { code: 'EBADF' });
  t.throws(() => setOwnerOf(-1, 0, 0), { code: 'EBADF' });
  const rootOnly = process.getuid?.() !== 0 && 'needs root to give files away';
  t.test('a link is given away, not what it points to', { skip: rootOnly }, async (t) => {
    setOwnerOf(link, 65534, 4_000_000_000);
    setOwnerOf(file, -1, 12);
    t.match(lstatSync(`${directory}/link`), { uid: 65534, gid: 4_000_000_000 });
    t.match(statSync(`${directory}/file`), { uid: 0, gid: 12 });
  });
});
