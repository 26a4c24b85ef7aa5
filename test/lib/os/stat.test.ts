import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  statSync,
  statfsSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { truncate } from '../../../lib/os/copy.js';
import { O, openDirectory, openBeneath, closeFd } from '../../../lib/os/open.js';
import {
  fileSystem,
  fullStatFd,
  isDirectory,
  isFile,
  isSymlink,
  statAt,
  statFd,
  tryFullStatAt,
  tryStatAt,
  tryStatLink,
  tryStatPath,
} from '../../../lib/os/stat.js';
import type { Stat } from '../../../lib/os/stat.js';
import { tryMount } from './mounted.js';

/** What Node's lstat says, in our words. */
function expected(path: string): Partial<Stat> {
  const stat = lstatSync(path, { bigint: true });
  return {
    dev: Number(stat.dev),
    ino: stat.ino,
    mode: Number(stat.mode),
    nlink: Number(stat.nlink),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: Number(stat.size),
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
  };
}

function rooted(t: Test, files: Record<string, string>): { directory: string; root: number } {
  const directory = t.testdir(files);
  const root = openDirectory(directory);
  t.teardown(() => closeFd(root));
  return { directory, root };
}

t.test('every kind of entry is described as lstat describes it', async (t) => {
  const { directory, root } = rooted(t, { file: 'hello' });
  linkSync(`${directory}/file`, `${directory}/other`);
  symlinkSync('nowhere', `${directory}/link`);
  utimesSync(`${directory}/file`, 1, 1234567890.5);
  for (const name of ['file', 'other', 'link', '.']) {
    t.match(statAt(root, name), expected(`${directory}/${name}`), name);
    t.match(tryStatAt(root, Buffer.from(name)), expected(`${directory}/${name}`), `${name} as bytes`);
  }
  t.equal(statAt(root, 'file').mtimeNs, 1234567890500000000n);
  t.equal(statAt(root, 'file').nlink, 2);
});

t.test('devices beyond the root filesystem have the numbers Node gives them', async (t) => {
  for (const path of ['/dev', '/proc', '/sys'].filter((name) => statSync(name, { throwIfNoEntry: false }))) {
    const fd = openDirectory(path);
    t.match(statFd(fd), { dev: statSync(path).dev, ino: BigInt(statSync(path).ino) }, path);
    closeFd(fd);
  }
});

t.test('a descriptor is described, even one that cannot be read from', async (t) => {
  const { directory, root } = rooted(t, { file: 'hello' });
  for (const flags of [O.RDONLY, O.PATH, O.RDWR]) {
    const fd = openBeneath(root, 'file', flags);
    t.match(statFd(fd), expected(`${directory}/file`));
    closeFd(fd);
  }
  t.throws(() => statFd(-1), { code: 'EBADF', syscall: 'statx' });
});

t.test('files before 1970 and larger than 4 GiB keep their numbers', async (t) => {
  const { directory, root } = rooted(t, { file: '' });
  const fd = openSync(`${directory}/file`, 'r+');
  truncate(fd, 2 ** 32 + 7);
  closeSync(fd);
  // As a Date: Node takes a negative number for now.
  utimesSync(`${directory}/file`, new Date(-5000), new Date(-5250));
  t.match(statAt(root, 'file'), { size: 2 ** 32 + 7, mtimeNs: -5_250_000_000n });
});

t.test('all of stat is there for who has to hand it on', async (t) => {
  const { directory, root } = rooted(t, { file: 'x'.repeat(5000) });
  utimesSync(`${directory}/file`, 1234567890.25, 5);
  symlinkSync('file', `${directory}/link`);
  for (const name of ['file', 'link', '.']) {
    const fd = openBeneath(root, name, O.PATH | O.NOFOLLOW);
    const { atimeNs, birthtimeNs, blocks, blksize, rdev } = lstatSync(`${directory}/${name}`, {
      bigint: true,
    });
    const full = fullStatFd(fd);
    t.match(full, {
      ...expected(`${directory}/${name}`),
      atimeNs,
      blocks: Number(blocks),
      rdev: Number(rdev),
    });
    t.equal(full.blockSize, Number(blksize));
    if (full.birthtimeNs !== undefined) t.equal(full.birthtimeNs, birthtimeNs);
    t.same(tryFullStatAt(root, name), full);
    closeFd(fd);
  }
  t.equal(tryFullStatAt(root, 'none'), undefined);
  t.equal(tryFullStatAt(openDirectory('/dev'), 'null')?.rdev, 0x103);
  t.throws(() => fullStatFd(-1), { code: 'EBADF' });
  t.throws(() => tryFullStatAt(root, '..'), { code: 'EINVAL' });
});

t.test('the birth time is about now, and the mount has a number, where the kernel tells', async (t) => {
  const before = Date.now();
  const { root } = rooted(t, { file: '' });
  const { birthtimeMs, mountId } = statAt(root, 'file');
  if (birthtimeMs !== undefined)
    t.ok(birthtimeMs > before - 5000 && birthtimeMs < before + 60_000, `${birthtimeMs}`);
  t.equal(mountId, statAt(root, '.').mountId);
});

t.test('what is missing is undefined, or ENOENT to who insists', async (t) => {
  const { root } = rooted(t, {});
  t.equal(tryStatAt(root, 'none'), undefined);
  t.throws(() => statAt(root, 'none'), { code: 'ENOENT', errno: 2, syscall: 'statx' });
});

t.test('a path is followed to its end, or up to it', async (t) => {
  const { directory, root } = rooted(t, {});
  mkdirSync(`${directory}/below`);
  writeFileSync(`${directory}/below/file`, 'hello');
  symlinkSync('below', `${directory}/way`);
  symlinkSync('file', `${directory}/below/link`);
  const file = expected(`${directory}/below/file`);
  t.match(tryStatPath(`${directory}/way/link`), file);
  t.match(tryStatLink(`${directory}/way/file`), file);
  t.match(tryStatLink('way/file', root), file);
  const link = tryStatLink('way/link', root);
  t.equal(link !== undefined && isSymlink(link), true);
  for (const nothing of ['none', 'below/none', 'below/file/none']) {
    t.equal(tryStatPath(`${directory}/${nothing}`), undefined);
    t.equal(tryStatLink(nothing, root), undefined);
  }
  t.throws(() => tryStatLink('below/n\0ne', root), { code: 'EINVAL' });
});

t.test('a name that leads elsewhere is refused', async (t) => {
  const { root } = rooted(t, { file: '' });
  for (const name of ['..', '../x', '/etc', 'fi\0le'])
    t.throws(() => tryStatAt(root, name), { code: 'EINVAL' }, name);
  t.throws(() => tryStatAt(root, 'n'.repeat(256)), { code: 'ENAMETOOLONG' });
});

t.test('the kinds are told apart', async (t) => {
  const { directory, root } = rooted(t, { file: '' });
  symlinkSync('file', `${directory}/link`);
  const kinds = ['file', '.', 'link'].map((name) => {
    const stat = statAt(root, name);
    return [isFile(stat), isDirectory(stat), isSymlink(stat)];
  });
  t.same(kinds, [
    [true, false, false],
    [false, true, false],
    [false, false, true],
  ]);
});

t.test('a filesystem tells its room and whether it is read-only', async (t) => {
  const { root } = rooted(t, {});
  const room = fileSystem(root);
  t.equal(room.readOnly, false);
  t.ok(room.totalBytes > room.freeBytes && room.freeBytes > 0, `${room.freeBytes} of ${room.totalBytes}`);
  t.equal(room.nameMax, 255);
  t.equal(Number(room.blocks) * room.blockSize, room.totalBytes);
  t.equal(Number(room.available) * room.blockSize, room.freeBytes);
  t.ok(room.free >= room.available && room.files >= room.filesFree);
  const node = statfsSync('.', { bigint: true });
  const here = openDirectory('.');
  t.match(fileSystem(here), { blocks: node.blocks, files: node.files });
  closeFd(here);
  t.throws(() => fileSystem(-1), { code: 'EBADF', syscall: 'fstatfs' });
  const { refused, path } = tryMount(t, 'tmpfs', '-o', 'ro,size=1m');
  t.test('a read-only tmpfs of one megabyte says so', { skip: refused }, async (t) => {
    const fd = openDirectory(path);
    t.match(fileSystem(fd), { type: 0x01021994, readOnly: true, totalBytes: 1024 * 1024 });
    t.not(statFd(fd).mountId, statFd(root).mountId);
    closeFd(fd);
  });
});
