import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { closeFd, O, openBeneath } from '../../../lib/os/open.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { dropRecord } from '../../../lib/store/records.js';
import type { ObjectAttributes } from '../../../lib/store/model.js';
import { carryOver, give, MovedAway } from '../../../mount/filesystem/carrying.js';
import { tryMount } from '../../lib/os/mounted.js';
import { bucketIn, key } from '../../lib/store/bucket-in.js';
import { head, put } from '../../lib/store/objects.js';
import { mountExt4 } from '../../lib/store/volumes.js';
import { bucketsIn } from './held.js';

const F = key('f.txt');
const SAID: ObjectAttributes = {
  system: { contentType: 'text/x-mine', cacheControl: 'no-cache' },
  user: { colour: 'blue' },
  tags: [{ key: 'project', value: 'x' }],
  storageClass: 'GLACIER',
};

function said(bucket: Bucket, path: string): ObjectAttributes | undefined {
  const info = head(bucket, key(path));
  if (info === undefined) return undefined;
  const { system, user, tags, storageClass } = info;
  return { system, user: { ...user }, tags, storageClass };
}

function tryHold(bucket: Bucket, path: string): number | undefined {
  return existsSync(`${bucket.directory}/${path}`) ? openBeneath(bucket.rootFd, path, O.PATH) : undefined;
}

/** What the mount does for rename(2), remembering what is moved away. */
function rename(
  bucket: Bucket,
  from: string,
  to: string,
  away?: MovedAway,
  nowMs = 0,
  action: () => void = () => renameSync(`${bucket.directory}/${from}`, `${bucket.directory}/${to}`),
): void {
  const moved = openBeneath(bucket.rootFd, from, O.PATH);
  const replaced = tryHold(bucket, to);
  try {
    const lately = replaced === undefined ? away?.take(bucket, to, nowMs) : undefined;
    away?.note(bucket, from, moved, nowMs);
    const carried = carryOver(bucket, { from, to, moved, replaced }, lately);
    try {
      action();
    } catch (error) {
      carried.undo();
      throw error;
    }
    carried.finish();
  } finally {
    closeFd(moved);
    if (replaced !== undefined) closeFd(replaced);
  }
}

/** What the mount does for open(2) with O_CREAT of what is not there; still open for writing when it is given. */
function create(bucket: Bucket, path: string, content: string, away: MovedAway, nowMs = 0): void {
  const fd = openSync(`${bucket.directory}/${path}`, 'wx');
  const carried = away.take(bucket, path, nowMs);
  if (carried !== undefined) give(bucket, path, fd, carried).finish();
  writeFileSync(fd, content);
  closeSync(fd);
}

/** What the mount does for unlink(2). */
function unlink(bucket: Bucket, path: string): void {
  const fd = openBeneath(bucket.rootFd, path, O.PATH);
  rmSync(`${bucket.directory}/${path}`);
  dropRecord(bucket, path, fd);
  closeFd(fd);
}

async function withObject(
  t: Test,
  run: (bucket: Bucket, etag: string) => Promise<void> | void,
): Promise<void> {
  for (const bucket of bucketsIn(t)) {
    const { etag } = await put(bucket, F, 'before', { attributes: SAID, algorithms: ['CRC32'] });
    await run(bucket, etag);
  }
}

t.test(
  'a file renamed over an object keeps what the user said of it, and not what was true of its bytes',
  async (t) => {
    await withObject(t, async (bucket, etag) => {
      writeFileSync(`${bucket.directory}/f.txt.tmp`, 'after!');
      rename(bucket, 'f.txt.tmp', 'f.txt');
      t.same(said(bucket, 'f.txt'), SAID);
      t.match(head(bucket, F), { size: 6, checksums: [] });
      t.not(head(bucket, F)?.etag, etag);
      t.equal(head(bucket, key('f.txt.tmp')), undefined);
    });
  },
);

t.test('content of the same size and time is still other content', async (t) => {
  await withObject(t, async (bucket, etag) => {
    execFileSync('cp', ['-p', `${bucket.directory}/f.txt`, `${bucket.directory}/tmp`]);
    writeFileSync(`${bucket.directory}/tmp`, 'after!');
    execFileSync('touch', ['-r', `${bucket.directory}/f.txt`, `${bucket.directory}/tmp`]);
    rename(bucket, 'tmp', 'f.txt');
    await sleep(30);
    t.match(head(bucket, F), { checksums: [], user: SAID.user });
    t.not(head(bucket, F)?.etag, etag);
  });
});

t.test('a file with a record of its own brings it along, whole', async (t) => {
  await withObject(t, async (bucket) => {
    const other = await put(bucket, key('g.txt'), 'other', { attributes: { user: { own: '1' } } });
    rename(bucket, 'g.txt', 'f.txt');
    t.same(head(bucket, F), { ...other, key: F });
    t.equal(head(bucket, key('g.txt')), undefined);
  });
});

t.test('an object renamed to a name of its own takes everything along', async (t) => {
  await withObject(t, async (bucket) => {
    const info = head(bucket, F);
    rename(bucket, 'f.txt', 'g.txt');
    t.same(head(bucket, key('g.txt')), { ...info, key: 'g.txt' });
    writeFileSync(`${bucket.directory}/f.txt`, 'new');
    t.same(said(bucket, 'f.txt')?.user, {}, 'and nothing of it stays behind');
  });
});

t.test('a file that says nothing renamed over one that says nothing gets no record', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, F, 'plain');
  writeFileSync(`${bucket.directory}/tmp`, 'after');
  await sleep(30);
  rename(bucket, 'tmp', 'f.txt');
  t.match(head(bucket, F), { etag: /-1$/, user: {} });
});

t.test('a rename that fails leaves both files as they were', async (t) => {
  await withObject(t, async (bucket) => {
    const info = head(bucket, F);
    writeFileSync(`${bucket.directory}/tmp`, 'after');
    const failing = (): never => {
      throw new Error('no');
    };
    t.throws(() => rename(bucket, 'tmp', 'f.txt', undefined, 0, failing), { message: 'no' });
    t.same(head(bucket, F), info);
    t.same(said(bucket, 'tmp')?.user, {});
  });
});

t.test('other names of the new file are given nothing', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, F, 'before', { attributes: SAID });
  writeFileSync(`${bucket.directory}/tmp`, 'after');
  linkSync(`${bucket.directory}/tmp`, `${bucket.directory}/other`);
  rename(bucket, 'tmp', 'f.txt');
  t.same(said(bucket, 'other')?.user, {});
});

t.test('a rename onto another name of the same file changes nothing', async (t) => {
  await withObject(t, async (bucket) => {
    linkSync(`${bucket.directory}/f.txt`, `${bucket.directory}/g.txt`);
    rename(bucket, 'f.txt', 'g.txt');
    t.same(said(bucket, 'f.txt'), SAID);
  });
});

t.test('vim moves the old file away, makes a new one and deletes the old', async (t) => {
  await withObject(t, async (bucket, etag) => {
    const away = new MovedAway();
    rename(bucket, 'f.txt', 'f.txt~', away, 1000);
    t.same(said(bucket, 'f.txt~'), SAID);
    create(bucket, 'f.txt', 'after!', away, 2000);
    t.same(said(bucket, 'f.txt'), SAID);
    t.not(head(bucket, F)?.etag, etag);
    t.same(head(bucket, F)?.checksums, []);
    unlink(bucket, 'f.txt~');
    t.same(said(bucket, 'f.txt'), SAID);
  });
});

t.test('a file moved to a name that was moved away is the object saved anew, too', async (t) => {
  await withObject(t, async (bucket) => {
    const away = new MovedAway();
    rename(bucket, 'f.txt', 'f.bak', away, 0);
    writeFileSync(`${bucket.directory}/f.new`, 'after!');
    rename(bucket, 'f.new', 'f.txt', away, 9_999);
    t.same(said(bucket, 'f.txt'), SAID);
  });
});

t.test('after ten seconds, or a second file, a new one is new', async (t) => {
  await withObject(t, async (bucket) => {
    const away = new MovedAway();
    rename(bucket, 'f.txt', 'f.txt~', away, 0);
    create(bucket, 'f.txt', 'late', away, 10_001);
    t.same(said(bucket, 'f.txt')?.user, {});
    unlink(bucket, 'f.txt');
    rename(bucket, 'f.txt~', 'f.txt', away, 20_000);
    rename(bucket, 'f.txt', 'f.txt~', away, 20_000);
    create(bucket, 'f.txt', 'first', away, 20_001);
    t.same(said(bucket, 'f.txt'), SAID);
    unlink(bucket, 'f.txt');
    create(bucket, 'f.txt', 'second', away, 20_002);
    t.same(said(bucket, 'f.txt')?.user, {});
  });
});

t.test('buckets do not mix up their names, and a storm of renames is forgotten', async (t) => {
  const directory = t.testdir({ one: {}, other: {} });
  const [one, other] = [bucketIn(t, {}, `${directory}/one`), bucketIn(t, {}, `${directory}/other`)];
  const away = new MovedAway();
  await put(one, F, 'x', { attributes: SAID });
  rename(one, 'f.txt', 'f.txt~', away, 0);
  t.equal(away.take(other, 'f.txt', 1), undefined);
  for (let turn = 0; turn < 1000; turn++) {
    const fd = openBeneath(one.rootFd, 'f.txt~', O.PATH);
    away.note(one, `n${turn}`, fd, 1);
    closeFd(fd);
  }
  t.equal(away.take(one, 'f.txt', 1), undefined, 'the oldest went');
  t.same(away.take(one, 'n999', 1)?.user, SAID.user);
  t.equal(away.take(one, undefined, 1), undefined);
});

t.test('metadata that needs a sidecar is carried, and leaves none behind', async (t) => {
  const root = mountExt4(t, '-I', '256');
  if (root === undefined) return t.pass('this system cannot mount ext4');
  const bucket = bucketIn(t, {}, root);
  const user = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`n${at}`, 'v'.repeat(300)]));
  await put(bucket, F, 'before', { attributes: { user } });
  for (let turn = 0; turn < 3; turn++) {
    writeFileSync(`${root}/tmp`, `after ${turn}`);
    utimesSync(`${root}/tmp`, 1000, 1000);
    rename(bucket, 'tmp', 'f.txt');
    t.same({ ...head(bucket, F)?.user }, user);
    t.equal(readdirSync(`${root}/.bucketree/metadata`).length, 1);
  }
});

t.test(
  'between buckets that keep records by key, a file takes its own along and leaves others’ alone',
  async (t) => {
    const { refused, path } = tryMount(t, 'ramfs');
    if (refused !== false) return t.pass(refused);
    for (const name of ['one', 'other']) mkdirSync(`${path}/${name}`);
    const [one, other] = [bucketIn(t, {}, `${path}/one`), bucketIn(t, {}, `${path}/other`)];
    const info = await put(one, F, 'before', { attributes: SAID });
    await put(other, F, 'theirs', { attributes: { user: { theirs: '1' } } });
    const moved = openBeneath(one.rootFd, 'f.txt', O.PATH);
    const move = { source: one, from: 'f.txt', to: 'g.txt', moved, replaced: undefined };
    const carried = carryOver(other, move);
    renameSync(`${path}/one/f.txt`, `${path}/other/g.txt`);
    carried.finish();
    closeFd(moved);
    t.same(head(other, key('g.txt')), { ...info, key: 'g.txt' });
    t.same({ ...head(other, F)?.user }, { theirs: '1' });
    t.same(readdirSync(`${path}/one/.bucketree/metadata`), []);
  },
);
