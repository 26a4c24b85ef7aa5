/** What fuse-native asks, answered over a real directory, without a kernel. */
import { lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { E } from '../../../lib/os/system-error.js';
import { operations, type NativeOperations, type NativeStat } from '../../../mount/fuse-native/operations.js';
import { filesystemIn } from '../filesystem/filesystem-in.js';

const CALLER = { uid: 0, gid: 0, pid: process.pid };

interface Subject {
  readonly directory: string;
  readonly calls: NativeOperations;
}

function subject(t: Test, tree: Parameters<Test['testdir']>[0]): Subject {
  const { directory, filesystem } = filesystemIn(t, { directory: t.testdir(tree) });
  return { directory, calls: operations(filesystem, CALLER) };
}

/** The answer of one operation: its errno, and what came with it. */
function asked<T>(
  ask: (done: (errno: number, result?: T) => void) => void,
): Promise<{ errno: number; result: T | undefined }> {
  return new Promise((resolve) => ask((errno, result) => resolve({ errno, result })));
}

t.test('a file is created, written, read back, measured, renamed and removed', async (t) => {
  const { directory, calls } = subject(t, { d: {} });
  const { errno, result: fd = -1 } = await asked<number>((done) => calls.create('/d/f', 0o100640, done));
  t.equal(errno, 0);
  const text = Buffer.from('some bytes');
  const written = await asked<never>((done) => calls.write('/d/f', fd, text, text.length, 0, done));
  t.equal(written.errno, text.length, 'the count stands where an errno would');
  const into = Buffer.alloc(100);
  t.equal((await asked<never>((done) => calls.read('/d/f', fd, into, 100, 5, done))).errno, 5);
  t.equal(into.toString('utf8', 0, 5), 'bytes');
  t.equal((await asked((done) => calls.flush('/d/f', fd, done))).errno, 0);
  t.equal((await asked((done) => calls.fsync('/d/f', false, fd, done))).errno, 0);
  t.equal((await asked((done) => calls.release('/d/f', fd, done))).errno, 0);
  const { result: stat } = await asked<NativeStat>((done) => calls.getattr('/d/f', done));
  t.match(stat, { size: 10, mode: 0o100640, nlink: 1 });
  t.equal((await asked((done) => calls.rename('/d/f', '/g', done))).errno, 0);
  t.equal(readFileSync(join(directory, 'g'), 'utf8'), 'some bytes');
  t.equal((await asked((done) => calls.truncate('/g', 4, done))).errno, 0);
  t.equal(statSync(join(directory, 'g')).size, 4);
  t.equal((await asked((done) => calls.unlink('/g', done))).errno, 0);
  t.equal((await asked((done) => calls.getattr('/g', done))).errno, -E.ENOENT);
});

t.test('directories, links, pipes and their attributes', async (t) => {
  const { directory, calls } = subject(t, { file: 'x' });
  t.equal((await asked((done) => calls.mkdir('/d', 0o750, done))).errno, 0);
  t.equal((await asked((done) => calls.symlink('../to', '/d/s', done))).errno, 0);
  t.equal(readlinkSync(join(directory, 'd/s')), '../to');
  t.equal((await asked<string>((done) => calls.readlink('/d/s', done))).result, '../to');
  t.equal((await asked((done) => calls.link('/file', '/d/l', done))).errno, 0);
  t.equal(statSync(join(directory, 'file')).nlink, 2);
  t.equal((await asked((done) => calls.mknod('/d/p', 0o010600, 0, done))).errno, 0);
  t.ok(lstatSync(join(directory, 'd/p')).isFIFO());
  const { result: names = [] } = await asked<string[]>((done) => calls.readdir('/d', done));
  t.strictSame(names.filter((name) => !name.startsWith('.')).sort(), ['l', 'p', 's']);
  t.equal((await asked((done) => calls.chmod('/d', 0o040711, done))).errno, 0);
  t.equal(statSync(join(directory, 'd')).mode & 0o777, 0o711);
  t.equal((await asked((done) => calls.rmdir('/d', done))).errno, -E.ENOTEMPTY);
  t.equal((await asked((done) => calls.utimens('/file', 1e12, 1.5e12, done))).errno, 0);
  t.equal(statSync(join(directory, 'file')).mtimeMs, 1.5e12);
  t.match((await asked<object>((done) => calls.statfs('/', done))).result, { namemax: 255 });
});

t.test('an owner left out is not changed', async (t) => {
  const { directory, calls } = subject(t, { file: 'x' });
  const { uid } = statSync(join(directory, 'file'));
  t.equal((await asked((done) => calls.chown('/file', 0xffff_ffff, process.getgid?.() ?? 0, done))).errno, 0);
  t.equal(statSync(join(directory, 'file')).uid, uid);
});

t.test('extended attributes are set, read, listed and removed', async (t) => {
  const { calls } = subject(t, { file: 'x' });
  const value = Buffer.from('blue');
  const set = asked((done) => calls.setxattr('/file', 'user.colour', value, 0, 0, done));
  // The library's buffer is gone once it is answered, and may be used again before.
  value.fill(0);
  t.equal((await set).errno, 0);
  const { result } = await asked<Buffer>((done) => calls.getxattr('/file', 'user.colour', 0, done));
  t.equal(result?.toString(), 'blue');
  t.strictSame((await asked<string[]>((done) => calls.listxattr('/file', done))).result, ['user.colour']);
  t.equal((await asked((done) => calls.removexattr('/file', 'user.colour', done))).errno, 0);
  t.equal((await asked<Buffer>((done) => calls.getxattr('/file', 'user.colour', 0, done))).errno, -E.ENODATA);
});
