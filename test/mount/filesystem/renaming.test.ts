import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { statFd } from '../../../lib/os/stat.js';
import type { Metadata } from '../../../mount/filesystem/metadata.js';
import { bucketIn } from '../../lib/store/bucket-in.js';
import { StoreFilesystem } from '../../../mount/filesystem/store-filesystem.js';
import { filesystemIn } from './filesystem-in.js';
import { LittleKernel, outcome } from './little-kernel.js';
import { PLAIN_FILES } from './plain-metadata.js';

t.test('a directory is renamed with everything below it, and nodes stay', async (t) => {
  const { kernel } = filesystemIn(t);
  await kernel.mkdir('a');
  await kernel.mkdir('a/b');
  await kernel.put('a/b/f', 'content');
  const node = kernel.lookup('a/b/f');
  await kernel.rename('a', 'z');
  t.equal(kernel.lookup('z/b/f'), node);
  t.equal((await kernel.content('z/b/f')).toString(), 'content');
  t.equal(await outcome(() => kernel.lookup('a')), 'ENOENT');
});

t.test('NOREPLACE and EXCHANGE are the system’s', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  await kernel.put('a', 'a');
  await kernel.put('b', 'b');
  t.equal(await outcome(() => kernel.rename('a', 'b', 1)), 'EEXIST');
  await kernel.rename('a', 'b', 2);
  t.equal(readFileSync(`${directory}/a`, 'latin1'), 'b');
  t.equal((await kernel.content('b')).toString(), 'a');
  await kernel.rename('a', 'c', 1);
  t.strictSame(readdirSync(directory).sort(), ['b', 'c']);
  t.equal(await outcome(() => kernel.rename('b', 'c', 3)), 'EINVAL');
  t.equal(await outcome(() => kernel.rename('b', 'c', 4)), 'EINVAL', 'no whiteouts');
});

t.test('a directory that was moved is the mover’s, one that could not be is as it was', async (t) => {
  const touched: (string | undefined)[] = [];
  const metadata: Metadata = { ...PLAIN_FILES, touched: (_bucket, path) => void touched.push(path) };
  const { kernel } = filesystemIn(t, { metadata });
  await kernel.mkdir('a');
  await kernel.mkdir('full');
  await kernel.put('full/f', 'content');
  t.equal(await outcome(() => kernel.rename('a', 'full')), 'ENOTEMPTY');
  t.strictSame(touched, []);
  await kernel.rename('a', 'z');
  t.strictSame(touched, ['a']);
});

t.test('two names of one file stay two', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  await kernel.put('a', '');
  await kernel.link('a', 'b');
  await kernel.rename('a', 'b');
  t.strictSame(readdirSync(directory).sort(), ['a', 'b']);
});

t.test('the reserved directory neither moves nor is replaced', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  mkdirSync(`${directory}/.bucketree`);
  await kernel.mkdir('d');
  const { filesystem } = kernel;
  const root = kernel.lookup('/');
  const reserved = Buffer.from('.bucketree');
  const call = (from: Buffer, to: Buffer) =>
    outcome(() => filesystem.rename(root, from, root, to, 0, kernel.caller));
  t.equal(await call(reserved, Buffer.from('x')), 'ENOENT');
  t.equal(await call(Buffer.from('d'), reserved), 'EPERM');
});

t.test('what is renamed is told, with what it replaces, and whether it was', async (t) => {
  const told: unknown[] = [];
  const metadata: Metadata = {
    ...PLAIN_FILES,
    moving: (_bucket, { from, to, replaced }) => {
      told.push([from, to, replaced === undefined ? 'nothing' : statFd(replaced).size]);
      return { finish: () => told.push('moved'), undo: () => told.push('not moved') };
    },
  };
  const { kernel } = filesystemIn(t, { metadata });
  await kernel.put('f', 'old content');
  await kernel.put('f.tmp', 'new');
  await kernel.mkdir('d');
  t.equal(await outcome(() => kernel.rename('f.tmp', 'f', 1)), 'EEXIST');
  t.strictSame(told.splice(0), [['f.tmp', 'f', 'nothing'], 'not moved']);
  t.equal(await outcome(() => kernel.rename('f', 'd')), 'EISDIR');
  t.strictSame(told.splice(0).pop(), 'not moved');
  await kernel.rename('f.tmp', 'f');
  t.strictSame(told.splice(0), [['f.tmp', 'f', 11], 'moved']);
  await kernel.rename('d', 'e');
  t.strictSame(told, [], 'a directory is no object with content');
});

t.test('between buckets of one filesystem a file moves', async (t) => {
  const root = t.testdir({ one: { f: 'content', d: { g: 'deep' } }, two: {} });
  const buckets = new Map(['one', 'two'].map((name) => [name, bucketIn(t, {}, join(root, name))]));
  const filesystem = new StoreFilesystem({
    root: {
      fd: undefined,
      names: () => [...buckets.keys()],
      lookup: (name) => buckets.get(name.toString()),
      mkdir: () => Promise.reject(new Error('not here')),
      rmdir: async () => undefined,
      rename: async () => undefined,
    },
    metadata: PLAIN_FILES,
  });
  t.teardown(() => filesystem.close());
  const kernel = new LittleKernel(filesystem);
  const deep = filesystem.nodes.get(kernel.lookup('one/d/g'));
  await kernel.rename('one/f', 'two/f');
  await kernel.rename('one/d', 'two/d');
  t.equal((await kernel.content('two/f')).toString(), 'content');
  t.equal(filesystem.nodes.bucketOf(deep), buckets.get('two'));
  t.equal(filesystem.nodes.keyOf(deep), 'd/g');
  t.equal(await outcome(() => kernel.rename('one', 'two/one')), 'EPERM', 'a bucket into another');
  t.equal(await outcome(() => kernel.rename('two/d', 'three')), 'EPERM', 'a directory to the top');
  mkdirSync(join(root, 'two/.bucketree/metadata'), { recursive: true });
  writeFileSync(join(root, 'two/.bucketree/metadata/x'), '');
  t.equal(await outcome(() => kernel.rename('two/d', 'one/d')), 'EXDEV', 'records would stay behind');
  await kernel.rename('two/f', 'one/f');
});
