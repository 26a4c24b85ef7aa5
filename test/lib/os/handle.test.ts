import { linkSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { generation, generationIn, handleAt, handleOf, openHandle } from '../../../lib/os/handle.js';
import type { FileHandle } from '../../../lib/os/handle.js';
import { O, closeFd, openAt, openDirectory, readFd } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import { tryMount } from './mounted.js';

const isRoot = process.getuid?.() === 0;

function rooted(t: Test): { directory: string; root: number } {
  const directory = t.testdir({ file: 'content' });
  const root = openDirectory(directory);
  t.teardown(() => closeFd(root));
  return { directory, root };
}

function sure(handle: FileHandle | undefined): FileHandle {
  if (handle === undefined) throw new Error('this filesystem has no handles');
  return handle;
}

t.test('all names of an inode give one handle, other inodes others', async (t) => {
  const { directory, root } = rooted(t);
  linkSync(`${directory}/file`, `${directory}/second`);
  symlinkSync('file', `${directory}/link`);
  const file = sure(handleAt(root, 'file'));
  t.same(handleAt(root, Buffer.from('second')), file);
  t.notSame(handleAt(root, 'link'), file, 'a symbolic link has its own');
  t.notSame(handleAt(root, '.'), file);
  const fd = openAt(root, 'file', O.PATH);
  t.same(handleOf(fd), file);
  closeFd(fd);
  t.throws(() => handleAt(root, 'none'), { code: 'ENOENT', syscall: 'name_to_handle_at' });
  t.throws(() => handleAt(root, '../x'), { code: 'EINVAL' });
});

t.test('a handle opens the inode whatever its name is now', { skip: !isRoot && 'needs root' }, async (t) => {
  const { directory, root } = rooted(t);
  const before = statFd(root);
  const handle = sure(handleAt(root, 'file'));
  const kept = openAt(root, 'file', O.RDONLY);
  unlinkSync(`${directory}/file`);
  writeFileSync(`${directory}/file`, 'another');
  const bytes = Buffer.alloc(7);
  const fd = openHandle(root, handle, O.RDONLY);
  readFd(fd, bytes, 0, 7, 0);
  t.equal(bytes.toString(), 'content', 'even without one, while somebody has it open');
  closeFd(fd);
  closeFd(kept);
  t.throws(() => openHandle(root, handle, O.PATH), { code: 'ESTALE', syscall: 'open_by_handle_at' });
  const directoryFd = openHandle(root, sure(handleOf(root)), O.PATH);
  t.equal(statFd(directoryFd).ino, before.ino);
  closeFd(directoryFd);
});

t.test('every kind opens as a place, links themselves too', { skip: !isRoot && 'needs root' }, async (t) => {
  const { directory, root } = rooted(t);
  mkdirSync(`${directory}/sub`);
  symlinkSync('file', `${directory}/link`);
  for (const name of ['file', 'sub', 'link']) {
    const place = openAt(root, name, O.PATH);
    const fd = openHandle(root, sure(handleAt(root, name)), O.PATH);
    t.equal(statFd(fd).ino, statFd(place).ino, name);
    closeFd(fd);
    closeFd(place);
  }
  t.throws(() => openHandle(root, sure(handleAt(root, 'link')), O.RDONLY), { code: 'ELOOP' });
});

t.test('an inode’s number used again is another generation', { skip: !isRoot && 'needs root' }, async (t) => {
  const { refused, path } = tryMount(t, 'tmpfs');
  t.equal(refused, false);
  const { directory, root } = rooted(t);
  writeFileSync(`${path}/file`, '');
  for (const place of [directory, path]) {
    const fd = openAt(openDirectory(place), 'file', O.RDONLY);
    const inHandle = generationIn(sure(handleOf(fd)));
    t.type(generation(fd), 'number');
    if (inHandle !== undefined && generation(fd) !== 0) t.equal(inHandle, generation(fd), place);
    closeFd(fd);
  }
  t.equal(generationIn({ type: 0xff, bytes: Buffer.alloc(16) }), undefined);
  t.throws(() => generation(-1), { code: 'EBADF' });
  t.ok(root);
});

t.test('a filesystem without handles says so by undefined', async (t) => {
  const fd = openDirectory('/proc');
  t.equal(handleAt(fd, 'version'), undefined);
  closeFd(fd);
});
