import { mkdirSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync, existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { closeFd, O, openBeneath } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import {
  closeAll,
  disown,
  ensureDirectory,
  makeMarked,
  IMPLICIT,
  parentOf,
  prune,
} from '../../../lib/store/directories.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import { readRecord } from '../../../lib/store/records.js';
import { remove } from '../../../lib/store/remove.js';
import { renameObject } from '../../../lib/store/rename.js';
import type { RecordKind } from '../../../lib/store/record.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';

function ensure(bucket: Bucket, path: string): number | undefined {
  const made = ensureDirectory(bucket, path);
  if (made === undefined) return undefined;
  closeAll([made.fd, ...made.changed]);
  return made.changed.length;
}

function pruned(bucket: Bucket, path: string): boolean {
  const changed = prune(bucket, path);
  if (changed !== undefined) closeFd(changed);
  return changed !== undefined;
}

/** What the record on a directory says it is; undefined: a person's. */
function kindOf(bucket: Bucket, path: string): RecordKind | undefined {
  const fd = openBeneath(bucket.rootFd, path, O.RDONLY | O.DIRECTORY);
  try {
    return readRecord(bucket, `${path}/`, fd, statFd(fd))?.kind;
  } finally {
    closeFd(fd);
  }
}

function visible(bucket: Bucket): string[] {
  return readdirSync(bucket.directory).filter((name) => name !== '.bucketree');
}

t.test('directories made to hold a key are marked, list as nothing, and go when they empty', async (t) => {
  const hosts = [t.testdir({})];
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused === false) hosts.push(path);
  else t.comment(refused);
  for (const directory of hosts) {
    const bucket = bucketIn(t, {}, directory);
    t.equal(ensure(bucket, 'a/b/c'), 3, 'each directory that got an entry is told');
    for (const one of ['a', 'a/b', 'a/b/c']) {
      t.equal(kindOf(bucket, one), 'implicit', one);
      t.equal(head(bucket, key(`${one}/`)), undefined);
    }
    t.equal(ensure(bucket, 'a/b/c'), 0);
    t.ok(pruned(bucket, 'a/b/c'));
    t.same(visible(bucket), []);
    t.same(readdirSync(`${directory}/.bucketree/tmp`), []);
    mkdirSync(`${directory}/a`);
    t.equal(head(bucket, key('a/'))?.size, 0, 'a directory a person makes later is theirs');
  }
});

t.test('pruning stops at what is not empty, and at what is a person’s', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: {} }));
  ensure(bucket, 'theirs/a/b');
  ensure(bucket, 'theirs/a/c');
  t.ok(pruned(bucket, 'theirs/a/b'));
  t.same(readdirSync(`${bucket.directory}/theirs/a`), ['c']);
  writeFileSync(`${bucket.directory}/theirs/a/c/file`, '');
  t.notOk(pruned(bucket, 'theirs/a/c'));
  unlinkSync(`${bucket.directory}/theirs/a/c/file`);
  t.ok(pruned(bucket, 'theirs/a/c'));
  t.same(readdirSync(`${bucket.directory}/theirs`), []);
  t.notOk(pruned(bucket, 'theirs'));
  t.notOk(pruned(bucket, 'not/there'));
  t.same(visible(bucket), ['theirs']);
});

t.test('a person’s directory among ours stays, and so does what is above it', async (t) => {
  const bucket = bucketIn(t);
  ensure(bucket, 'a');
  mkdirSync(`${bucket.directory}/a/theirs`);
  ensure(bucket, 'a/theirs/b');
  t.ok(pruned(bucket, 'a/theirs/b'));
  t.ok(existsSync(`${bucket.directory}/a/theirs`));
});

t.test('nothing is made through or over what stands in the way', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'x', directory: {} }));
  symlinkSync('directory', `${bucket.directory}/link`);
  for (const path of ['file', 'file/a', 'link', 'link/a']) t.equal(ensure(bucket, path), undefined, path);
  t.same(readdirSync(`${bucket.directory}/directory`), []);
  t.same(visible(bucket).sort(), ['directory', 'file', 'link']);
  t.equal(ensure(bucket, ''), 0, 'the bucket itself is always there');
});

t.test('a marked directory does not replace one that was quicker', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: {} }));
  t.equal(makeMarked(bucket, bucket.rootFd, 'theirs/', 'theirs', IMPLICIT), false);
  t.equal(kindOf(bucket, 'theirs'), undefined);
  t.equal(makeMarked(bucket, bucket.rootFd, 'ours/', 'ours', IMPLICIT), true);
  t.equal(kindOf(bucket, 'ours'), 'implicit');
  t.same(readdirSync(`${bucket.directory}/.bucketree/tmp`), []);
});

t.test('a directory that stops being an object only holds keys from then on', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: {} }));
  t.ok(makeMarked(bucket, bucket.rootFd, 'a/', 'a', { ...IMPLICIT, kind: 'directory', etag: EMPTY_ETAG }));
  t.ok(head(bucket, key('a/')));
  disown(bucket, 'a/');
  t.equal(head(bucket, key('a/')), undefined);
  t.equal(kindOf(bucket, 'a'), 'implicit');
  await put(bucket, key('a/b'), 'x');
  disown(bucket, 'not/there/');
  disown(bucket, 'a/b');
  t.ok(head(bucket, key('a/b')), 'a file is no directory to disown');
  disown(bucket, 'theirs/');
  t.equal(kindOf(bucket, 'theirs'), undefined, 'what is nobody’s object is not ours to mark');
});

t.test('a person’s directory stays, whatever is put at its key with a body', async (t) => {
  const hosts = [t.testdir({})];
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused === false) hosts.push(path);
  else t.comment(refused);
  for (const directory of hosts) {
    mkdirSync(`${directory}/theirs`);
    const bucket = bucketIn(t, {}, directory);
    for (const body of ['a body', 'another']) {
      await put(bucket, key('theirs/'), body);
      t.equal(bodyOf(bucket, key('theirs/')), body, 'the empty directory does not stand before it');
    }
    await put(bucket, key('theirs/a'), 'x');
    await remove(bucket, key('theirs/a'), {});
    t.ok(existsSync(`${directory}/theirs`), 'it was not made for a key, and does not go with one');
    t.equal(bodyOf(bucket, key('theirs/')), 'another');
    await remove(bucket, key('theirs/'), {});
    t.equal(head(bucket, key('theirs/'))?.size, 0, 'an empty directory of a person lists again');
    t.equal(kindOf(bucket, 'theirs'), undefined);
  }
});

t.test('renamed away, what stood at a person’s directory gives it free', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: {} }));
  await put(bucket, key('theirs/'), 'a body');
  await renameObject(bucket, key('theirs/'), key('elsewhere'), { source: {}, target: {} });
  t.equal(bodyOf(bucket, key('elsewhere')), 'a body');
  t.equal(kindOf(bucket, 'theirs'), undefined);
});

t.test(
  'a directory of ours that an object with a body stands before still goes when it empties',
  async (t) => {
    const bucket = bucketIn(t);
    await put(bucket, key('a/b'), 'x');
    await put(bucket, key('a/'), 'a body');
    t.equal(kindOf(bucket, 'a'), 'implicit');
    await remove(bucket, key('a/b'), {});
    t.same(visible(bucket), []);
    t.equal(bodyOf(bucket, key('a/')), 'a body');
  },
);

t.test('whoever loses the race for a name leaves nothing that is said of it', async (t) => {
  const { refused, path } = tryMount(t, 'ramfs');
  t.test('without attributes', { skip: refused }, async (t) => {
    mkdirSync(`${path}/theirs`);
    const bucket = bucketIn(t, {}, path);
    t.equal(makeMarked(bucket, bucket.rootFd, 'theirs/', 'theirs', IMPLICIT), false);
    t.equal(kindOf(bucket, 'theirs'), undefined, 'it would be removed when it empties');
    t.same(readdirSync(`${path}/.bucketree/metadata`), []);
    t.equal(makeMarked(bucket, bucket.rootFd, 'ours/', 'ours', IMPLICIT), true);
    t.equal(makeMarked(bucket, bucket.rootFd, 'ours/', 'ours', IMPLICIT), false);
    t.equal(kindOf(bucket, 'ours'), 'implicit', 'the winner’s is left');
  });
});

t.test('the path above', async (t) => {
  t.same(['a/b/c', 'a/b', 'a', ''].map(parentOf), ['a/b', 'a', '', '']);
});

t.test('two who make and prune the same directories leave none behind', async (t) => {
  const directory = t.testdir({});
  const done = ['one', 'two'].map((name) => {
    const worker = new Worker(new URL('./put-and-delete.js', import.meta.url), {
      workerData: { directory, name },
    });
    return new Promise<number>((resolve, reject) => worker.once('error', reject).once('exit', resolve));
  });
  t.same(await Promise.all(done), [0, 0]);
  t.same(
    readdirSync(directory).filter((name) => name !== '.bucketree'),
    [],
  );
  rmSync(`${directory}/.bucketree`, { recursive: true });
});
