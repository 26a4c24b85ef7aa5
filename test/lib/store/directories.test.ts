import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { closeFd } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import {
  closeAll,
  disown,
  ensureDirectory,
  IMPLICIT,
  makeMarked,
  parentOf,
  prune,
} from '../../../lib/store/directories.js';
import { openDirectoryAt } from '../../../lib/store/locate.js';
import { readRecord } from '../../../lib/store/records.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { bucketIn } from './bucket-in.js';

function kindOf(bucket: Bucket, path: string): string | undefined {
  const fd = openDirectoryAt(bucket, path);
  if (fd === undefined) return 'absent';
  try {
    return readRecord(bucket, `${path}/`, fd, statFd(fd))?.kind;
  } finally {
    closeFd(fd);
  }
}

function ensure(bucket: Bucket, path: string): number | undefined {
  const made = ensureDirectory(bucket, path);
  if (made === undefined) return undefined;
  closeAll([made.fd, ...made.changed]);
  return made.changed.length;
}

function pruned(bucket: Bucket, path: string): void {
  const changed = prune(bucket, path);
  if (changed !== undefined) closeFd(changed);
}

t.test('directories are made as far as they are missing, marked, and told of to be synced', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: {} }));
  t.equal(ensure(bucket, 'theirs/a/b'), 2);
  t.equal(kindOf(bucket, 'theirs'), undefined);
  t.equal(kindOf(bucket, 'theirs/a'), 'implicit');
  t.equal(kindOf(bucket, 'theirs/a/b'), 'implicit');
  t.equal(ensure(bucket, 'theirs/a/b'), 0);
  t.equal(ensure(bucket, ''), 0);
  t.same(readdirSync(`${bucket.directory}/.bucketree/tmp`), []);
});

t.test('what stands in the way is left there', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'x' }));
  symlinkSync('/tmp', `${bucket.directory}/link`);
  t.equal(ensure(bucket, 'file/a'), undefined);
  t.equal(ensure(bucket, 'file'), undefined);
  t.equal(ensure(bucket, 'link/a'), undefined);
  t.same(readdirSync(bucket.directory).sort(), ['file', 'link']);
});

t.test('empty ones of ours are pruned, upwards, as far as the first that is not', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: {} }));
  ensure(bucket, 'theirs/a/b/c');
  writeFileSync(`${bucket.directory}/theirs/a/file`, '');
  pruned(bucket, 'theirs/a/b/c');
  t.same(readdirSync(`${bucket.directory}/theirs/a`), ['file']);
  pruned(bucket, 'theirs');
  pruned(bucket, '');
  pruned(bucket, 'nothing/at/all');
  t.ok(existsSync(`${bucket.directory}/theirs`));
});

t.test('a name that is taken is not taken again', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { file: '' } }));
  t.notOk(makeMarked(bucket, bucket.rootFd, 'a/', 'a', IMPLICIT));
  t.ok(makeMarked(bucket, bucket.rootFd, 'b/', 'b', IMPLICIT));
  t.same(readdirSync(`${bucket.directory}/.bucketree/tmp`), []);
});

t.test('a disowned directory only holds keys from then on', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/a`);
  disown(bucket, 'a/');
  t.equal(kindOf(bucket, 'a'), 'implicit');
  disown(bucket, 'a/');
  disown(bucket, 'nothing/');
  disown(bucket, 'a');
  pruned(bucket, 'a');
  t.equal(kindOf(bucket, 'a'), 'absent');
});

t.test('parents by spelling', async (t) => {
  t.equal(parentOf('a/b/c'), 'a/b');
  t.equal(parentOf('a'), '');
});

t.test('threads making and pruning the same directories leave nothing and fail at nothing', async (t) => {
  const bucket = bucketIn(t);
  const url = new URL('./put-and-delete.js', import.meta.url);
  const workers = ['one', 'two'].map(
    (name) => new Worker(url, { workerData: { directory: bucket.directory, name } }),
  );
  const ends = workers.map(
    (worker) =>
      new Promise((resolve, reject) => {
        worker.once('error', reject);
        worker.once('exit', resolve);
      }),
  );
  t.same(await Promise.all(ends), [0, 0]);
  t.same(readdirSync(bucket.directory), ['.bucketree']);
  t.same(readdirSync(`${bucket.directory}/.bucketree/tmp`), []);
});
