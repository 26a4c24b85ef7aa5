import { lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { DiskGround } from '../../../mount/coherence/ground.js';
import { bucketIn } from '../../lib/store/bucket-in.js';
import { filesystemIn } from '../filesystem/filesystem-in.js';
import { DIRECTORY, node } from './held.js';

t.test('what stands at a name, and what a node is now; what went is gone', async (t) => {
  const { directory, filesystem, kernel } = filesystemIn(t);
  mkdirSync(join(directory, 'd'));
  writeFileSync(join(directory, 'd/é'), 'five!');
  const { root } = filesystem.nodes;
  const ground = new DiskGround(root, undefined);
  const d = filesystem.nodes.get(kernel.lookup('d'));
  const file = filesystem.nodes.get(kernel.lookup('d/é'));
  const name = Buffer.from('é').toString('latin1');
  t.equal(ground.entry(d, name)?.size, 5);
  t.equal(ground.itself(file)?.size, 5);
  t.equal(ground.entry(d, 'none'), undefined);
  rmSync(join(directory, 'd'), { recursive: true });
  t.equal(ground.entry(root, 'd'), undefined);
  t.equal(ground.entry(d, name), undefined);
  t.equal(ground.itself(file), undefined);
});

t.test('an inode that got the number of one that is gone is another', async (t) => {
  const { directory, filesystem, kernel } = filesystemIn(t);
  const path = join(directory, 'f');
  writeFileSync(path, 'x');
  const { root } = filesystem.nodes;
  const ground = new DiskGround(root, undefined);
  const node = filesystem.nodes.get(kernel.lookup('f'));
  const stands = (): boolean => {
    const found = ground.entry(root, 'f');
    return found !== undefined && ground.is(root, 'f', found, node);
  };
  t.ok(stands());
  let reused = false;
  for (let tries = 0; tries < 100; tries++) {
    rmSync(path);
    writeFileSync(path, 'another');
    reused ||= lstatSync(path, { bigint: true }).ino === node.ino;
    t.equal(stands(), false);
  }
  t.comment(reused ? 'with its number' : 'the filesystem gives no number twice');
});

t.test('above the buckets the names are buckets', async (t) => {
  const store = t.testdir({ photos: {}, stray: {} });
  const bucket = bucketIn(t, {}, join(store, 'photos'));
  const fd = openDirectory(store);
  t.teardown(() => closeFd(fd));
  const top = node(1, DIRECTORY);
  const lookup = (name: Buffer) => (name.toString() === 'photos' ? bucket : undefined);
  const ground = new DiskGround(top, { fd, lookup });
  t.equal(ground.entry(top, 'photos')?.ino, bucket.ino);
  t.equal(ground.entry(top, 'stray'), undefined, 'a directory, and no bucket');
  t.equal(ground.itself(top)?.ino, statSync(store, { bigint: true }).ino);
  t.equal(new DiskGround(top, { fd: undefined, lookup }).itself(top), undefined);
});
