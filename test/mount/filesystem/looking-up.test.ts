import { mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { bucketIn } from '../../lib/store/bucket-in.js';
import { ROOT } from '../../../mount/filesystem/filesystem.js';
import { StoreFilesystem } from '../../../mount/filesystem/store-filesystem.js';
import type { Top } from '../../../mount/filesystem/top.js';
import { filesystemIn } from './filesystem-in.js';
import { LittleKernel, outcome, ROOT_USER } from './little-kernel.js';
import { PLAIN_FILES } from './plain-metadata.js';

t.test('a name leads to its inode, every name of it to the same', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  await kernel.link('f', 'g');
  t.equal(kernel.lookup('f'), kernel.lookup('g'));
  t.equal(kernel.stat('f').nlink, 2);
  t.equal(kernel.lookup('f'), statSync(`${directory}/f`, { bigint: true }).ino, 'the number the disk has');
  const entry = filesystem.lookup(ROOT, Buffer.from('f'));
  if (entry.node === undefined) throw new Error('f is there');
  t.equal(entry.nameFor, 1);
  t.equal(entry.attributesFor, 1);
});

t.test('what is missing is missing, for as long as a name is believed', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  t.strictSame(filesystem.lookup(ROOT, Buffer.from('f')), { node: undefined, nameFor: 1 });
  writeFileSync(`${directory}/f`, '');
  kernel.lookup('f');
  rmSync(`${directory}/f`);
  t.equal(await outcome(() => kernel.lookup('f')), 'ENOENT');
  t.equal(filesystem.nodes.child(filesystem.nodes.root, 'f'), undefined);
  t.equal(await outcome(() => kernel.lookup('x'.repeat(256))), 'ENAMETOOLONG');
});

t.test('a file replaced behind us is another node; the one that is open stays itself', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'the old content');
  const before = kernel.lookup('f');
  const file = await kernel.open('f', 0);
  writeFileSync(`${directory}/g`, 'new');
  renameSync(`${directory}/g`, `${directory}/f`);
  t.not(kernel.lookup('f'), before);
  t.equal(kernel.fstat(file).size, 15);
  t.equal(kernel.fstat(file).nlink, 0);
  t.equal((await kernel.read(file)).toString(), 'the old content');
  t.equal((await kernel.content('f')).toString(), 'new');
  await kernel.close(file);
});

t.test('a number used again is told apart by its generation', async (t) => {
  const { directory, filesystem } = filesystemIn(t);
  const generations = new Map<bigint, Set<bigint>>();
  for (let round = 0; round < 20; round++) {
    writeFileSync(`${directory}/f`, '');
    const entry = filesystem.lookup(ROOT, Buffer.from('f'));
    if (entry.node === undefined) throw new Error('f is there');
    const seen = generations.get(entry.node) ?? new Set();
    t.notOk(seen.has(entry.generation), 'not twice');
    generations.set(entry.node, seen.add(entry.generation));
    rmSync(`${directory}/f`);
  }
});

t.test('the reserved directory is not there, wherever it stands', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  mkdirSync(`${directory}/.bucketree`, { recursive: true });
  mkdirSync(`${directory}/d/.bucketree`, { recursive: true });
  t.equal(await outcome(() => kernel.lookup('.bucketree')), 'ENOENT');
  t.equal(await outcome(() => kernel.lookup('d/.bucketree')), 'ENOENT');
  t.strictSame(kernel.names('/'), ['d']);
  t.strictSame(kernel.names('d'), []);
  t.equal(await outcome(() => kernel.mkdir('d/.bucketree')), 'EPERM');
});

t.test('a symbolic link is one, whatever it points at', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  symlinkSync('/etc', `${directory}/out`);
  t.equal(kernel.stat('out').mode & 0o170000, 0o120000);
  t.equal(kernel.readlink('out'), '/etc');
  t.equal(await outcome(() => kernel.lookup('out/passwd')), 'ENOTDIR', 'following is the kernel’s');
});

t.test('a handle that was rebuilt finds what the kernel knows, and nothing else', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  const entry = filesystem.lookup(ROOT, Buffer.from('f'));
  if (entry.node === undefined) throw new Error('f is there');
  const { node, generation } = entry;
  t.equal(filesystem.lookupNode(node).attributes.size, 7);
  t.equal(filesystem.lookupNode(node).generation, generation);
  filesystem.forget(node, 3n);
  rmSync(`${directory}/f`);
  t.equal(await outcome(() => filesystem.lookupNode(node)), 'ESTALE');
  t.equal(kernel.held, 0);
});

t.test('above the buckets every name is a bucket', async (t) => {
  const one = bucketIn(t, {}, t.testdir({ f: 'one' }));
  const top: Top = {
    fd: undefined,
    names: () => ['one'],
    lookup: (name) => (name.toString() === 'one' ? one : undefined),
    mkdir: () => Promise.reject(new Error('not here')),
    rmdir: async () => undefined,
    rename: async () => undefined,
  };
  const filesystem = new StoreFilesystem({ root: top, metadata: PLAIN_FILES });
  t.teardown(() => filesystem.close());
  const kernel = new LittleKernel(filesystem);
  t.equal(kernel.stat('/').mode, 0o040555);
  t.strictSame(kernel.names('/'), ['one']);
  t.equal(kernel.entries('/', true)[0]?.entry?.node, kernel.lookup('one'));
  t.equal((await kernel.content('one/f')).toString(), 'one');
  t.equal(await outcome(() => kernel.lookup('two')), 'ENOENT');
  t.equal(await outcome(() => kernel.put('file', '')), 'EPERM', 'no file beside the buckets');
  t.equal(await outcome(() => kernel.rename('one/f', 'f')), 'EPERM');
  t.equal(filesystem.nodes.rootOf(one.dev, one.ino)?.id, kernel.lookup('one'));
  t.equal(filesystem.statfs(ROOT).nameMax, 63);
  t.equal(filesystem.listxattr(ROOT, kernel.caller).length, 0);
  t.equal(await outcome(() => filesystem.setattr(ROOT, { mode: 0 }, undefined, ROOT_USER)), 'EPERM');
});
