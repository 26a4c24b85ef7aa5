import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { isRebuildable } from '../../../mount/filesystem/rebuilding.js';
import { filesystemIn, type MountedDirectory } from './filesystem-in.js';
import { outcome } from './little-kernel.js';

/** undefined where no number opens an inode: no ext4, or not root. */
function exported(t: Test): MountedDirectory | undefined {
  const mounted = filesystemIn(t);
  return mounted.filesystem.exportable ? mounted : undefined;
}

function inode(path: string): bigint {
  return statSync(path, { bigint: true }).ino;
}

t.test('what the kernel forgot is found by its number', async (t) => {
  const mounted = exported(t);
  if (mounted === undefined) return t.comment('numbers open nothing here');
  const { directory, kernel, filesystem } = mounted;
  await kernel.mkdir('d');
  await kernel.put('d/f', 'content');
  const [d, f] = [kernel.lookup('d'), kernel.lookup('d/f')];
  const generation = filesystem.lookupNode(f).generation;
  filesystem.forget(f, 1n);
  kernel.forgetAll();
  t.equal(filesystem.nodes.size, 1);
  const entry = filesystem.lookupNode(f);
  t.equal(entry.attributes.size, 7);
  t.equal(entry.generation, generation, 'the kernel sees that it is the same one');
  const { handle } = await filesystem.open(f, 0, false, kernel.caller);
  const into = Buffer.alloc(10);
  t.equal(await filesystem.read(handle, 0, into), 7);
  await filesystem.release(handle);
  filesystem.lookupNode(d);
  const listing = filesystem.opendir(d);
  let above = 0n;
  filesystem.readdir(listing, 0n, false, ({ name, ino }) => {
    if (name.toString() === '..') above = ino;
    return true;
  });
  filesystem.releasedir(listing);
  t.equal(above, 1n, 'and the directory above it');
  t.equal(filesystem.nodes.bucketOf(filesystem.nodes.get(d))?.directory, directory);
});

t.test('what is in no bucket, or is ours, is not found', async (t) => {
  const base = t.testdir({ bucket: { '.bucketree': { 'bucket.json': '{}' } }, beside: 'secret' });
  const { filesystem } = filesystemIn(t, { directory: `${base}/bucket` });
  if (!filesystem.exportable) return t.comment('numbers open nothing here');
  for (const path of ['beside', 'bucket/.bucketree', 'bucket/.bucketree/bucket.json', '..']) {
    const call = () => filesystem.lookupNode(inode(`${base}/${path}`));
    t.equal(await outcome<unknown>(call), 'ESTALE', path);
  }
  t.equal(await outcome<unknown>(() => filesystem.lookupNode(4_000_000_000n)), 'ESTALE', 'no inode');
  t.equal(await outcome<unknown>(() => filesystem.lookupNode(1n << 60n)), 'ESTALE', 'no filesystem');
});

t.test('where inodes are opened by names, numbers find nothing', async (t) => {
  const { filesystem, directory } = filesystemIn(t, { handles: false });
  writeFileSync(`${directory}/f`, '');
  mkdirSync(`${directory}/d`);
  t.notOk(isRebuildable(filesystem.nodes.root));
  t.notOk(filesystem.exportable);
  t.equal(await outcome<unknown>(() => filesystem.lookupNode(inode(`${directory}/f`))), 'ESTALE');
});
