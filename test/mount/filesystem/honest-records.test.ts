import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, fchmodSync, openSync, readdirSync, utimesSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { closeFd, O, openBeneath } from '../../../lib/os/open.js';
import { setTimes } from '../../../lib/os/times.js';
import { statFd } from '../../../lib/os/stat.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import { afterEdit, afterTimes, beforeEdit, timeToSet } from '../../../mount/filesystem/honest-records.js';
import { bucketIn, key } from '../../lib/store/bucket-in.js';
import { head, put } from '../../lib/store/objects.js';
import { mountExt4 } from '../../lib/store/volumes.js';
import { bucketsIn } from './held.js';

const A = key('a');
const SECOND = 1_000_000_000n;
const TAGS = [{ key: 'colour', value: 'blue' }];

/** What the mount does from open(2) for writing to the last close(2). */
async function edit(bucket: Bucket, action: (fd: number) => Promise<void> | void): Promise<void> {
  const place = openBeneath(bucket.rootFd, 'a', O.PATH);
  const before = beforeEdit(bucket, 'a', place);
  const fd = openSync(`${bucket.directory}/a`, 'r+');
  await action(fd);
  closeSync(fd);
  await afterEdit(bucket, 'a', place, before);
  closeFd(place);
}

/** What the mount does for utimensat(2). */
async function setTime(bucket: Bucket, mtimeNs: bigint | 'now'): Promise<void> {
  const fd = openBeneath(bucket.rootFd, 'a', O.PATH);
  const before = beforeEdit(bucket, 'a', fd);
  setTimes(fd, undefined, timeToSet(bucket, before, mtimeNs));
  await afterTimes(bucket, 'a', fd, before, mtimeNs);
  closeFd(fd);
}

function mtimeNs(bucket: Bucket): bigint {
  const fd = openBeneath(bucket.rootFd, 'a', O.PATH);
  const stat = statFd(fd);
  closeFd(fd);
  return stat.mtimeNs;
}

/** As somebody does on the disk, behind the mount's back. */
function putTimeBack(bucket: Bucket, to: bigint): void {
  const fd = openBeneath(bucket.rootFd, 'a', O.PATH);
  setTimes(fd, undefined, to);
  closeFd(fd);
}

async function withObject(t: Test, run: (bucket: Bucket, info: ObjectInfo) => Promise<void>): Promise<void> {
  for (const bucket of bucketsIn(t)) {
    const info = await put(bucket, A, 'content', { algorithms: ['CRC32'], attributes: { tags: TAGS } });
    await run(bucket, info);
  }
}

t.test('a file opened for writing and not written keeps its entity tag', async (t) => {
  await withObject(t, async (bucket, info) => {
    await edit(bucket, () => undefined);
    t.same(head(bucket, A), info);
    await edit(bucket, (fd) => fchmodSync(fd, 0o600));
    t.same(head(bucket, A), info, 'a change of mode is none of content');
  });
});

t.test('a file that was written loses its entity tag and checksums for good', async (t) => {
  await withObject(t, async (bucket, info) => {
    const before = mtimeNs(bucket);
    await edit(bucket, (fd) => void writeSync(fd, 'CONTENT', 0));
    await sleep(30);
    t.match(head(bucket, A), { etag: /-1$/, checksums: [], tags: TAGS, size: 7 });
    putTimeBack(bucket, before);
    await sleep(30);
    t.match(head(bucket, A), { etag: /-1$/, checksums: [], tags: TAGS });
    t.not(head(bucket, A)?.etag, info.etag, 'also when somebody puts the time back on the disk');
  });
});

t.test('a time put back while the file is open revives nothing', async (t) => {
  await withObject(t, async (bucket, info) => {
    const before = mtimeNs(bucket);
    await edit(bucket, async (fd) => {
      writeSync(fd, 'CONTENT', 0);
      await setTime(bucket, before);
    });
    await sleep(30);
    t.equal(mtimeNs(bucket), before);
    t.not(head(bucket, A)?.etag, info.etag);
    t.match(head(bucket, A), { checksums: [], tags: TAGS });
  });
});

t.test('one that was not true when the file was opened is not believed when it is closed', async (t) => {
  const bucket = bucketIn(t);
  const info = await put(bucket, A, 'content', { attributes: { tags: TAGS } });
  const before = mtimeNs(bucket);
  appendFileSync(`${bucket.directory}/a`, '!');
  await edit(bucket, (fd) => {
    writeSync(fd, 'CONTENT', 0);
    execFileSync('truncate', ['-s', '7', `${bucket.directory}/a`]);
    putTimeBack(bucket, before);
  });
  await sleep(30);
  t.not(head(bucket, A)?.etag, info.etag);
  t.match(head(bucket, A), { tags: TAGS, checksums: [] });
});

t.test('touch and rsync -t keep the MD5', async (t) => {
  await withObject(t, async (bucket, info) => {
    for (const time of ['now', 1_000_000_000n * SECOND, 123_456_789n, 'now'] as const) {
      await setTime(bucket, time);
      await sleep(30);
      const { modified, ...rest } = info;
      t.match(head(bucket, A), rest, String(time));
      if (time !== 'now') t.equal(mtimeNs(bucket), time);
      else t.ok(Math.abs((head(bucket, A)?.modified ?? 0) - Date.now()) < 10_000);
      t.type(modified, 'number');
    }
  });
});

t.test('touch of a file it has open, as touch(1) does, keeps the MD5', async (t) => {
  await withObject(t, async (bucket, info) => {
    await edit(bucket, () => setTime(bucket, 'now'));
    t.match(head(bucket, A), { etag: info.etag, checksums: info.checksums });
    await edit(bucket, async (fd) => {
      await setTime(bucket, 'now');
      writeSync(fd, 'CONTENT', 0);
    });
    await sleep(30);
    t.not(head(bucket, A)?.etag, info.etag, 'but not when it was written afterwards');
  });
});

t.test('a time set on a file that was edited on the disk revives nothing', async (t) => {
  await withObject(t, async (bucket, info) => {
    const before = mtimeNs(bucket);
    appendFileSync(`${bucket.directory}/a`, '');
    const fd = openSync(`${bucket.directory}/a`, 'r+');
    writeSync(fd, 'CONTENT', 0);
    closeSync(fd);
    await setTime(bucket, before);
    await sleep(30);
    t.not(head(bucket, A)?.etag, info.etag);
    t.match(head(bucket, A), { checksums: [], tags: TAGS });
  });
});

t.test('a time that content long gone had does not bring back its entity tag', async (t) => {
  for (const bucket of bucketsIn(t)) {
    const old = await put(bucket, A, 'content', { attributes: { tags: TAGS } });
    const time = mtimeNs(bucket);
    const info = await put(bucket, A, 'CONTENT', { attributes: { tags: TAGS } });
    await sleep(30);
    await setTime(bucket, time);
    t.not(head(bucket, A)?.etag, old.etag);
    t.equal(head(bucket, A)?.etag, info.etag);
  }
});

t.test('a time that a later write could give the file is not recorded', async (t) => {
  const bucket = bucketIn(t);
  const info = await put(bucket, A, 'content', { attributes: { tags: TAGS } });
  await setTime(bucket, BigInt(Date.now() + 3_600_000) * 1_000_000n);
  t.not(head(bucket, A)?.etag, info.etag);
  t.match(head(bucket, A), { tags: TAGS });
});

t.test('touched again and again, no edit in between goes unseen', async (t) => {
  const bucket = bucketIn(t);
  for (let turn = 0; turn < 100; turn++) {
    const { etag } = await put(bucket, A, 'content', { attributes: { tags: TAGS } });
    await setTime(bucket, 'now');
    t.equal(head(bucket, A)?.etag, etag);
    const fd = openSync(`${bucket.directory}/a`, 'r+');
    writeSync(fd, 'CONTENT', 0);
    closeSync(fd);
    if (head(bucket, A)?.etag === etag) t.fail(`turn ${turn}: the edit has the old tag`);
  }
});

t.test('a file of which nobody said anything has no record left after an edit, nor a sidecar', async (t) => {
  const root = mountExt4(t, '-I', '256');
  for (const bucket of [...bucketsIn(t), ...(root === undefined ? [] : [bucketIn(t, {}, root)])]) {
    await put(bucket, A, 'content', { algorithms: ['CRC32', 'SHA512'] });
    await edit(bucket, (fd) => void writeSync(fd, 'CONTENT', 0));
    await sleep(30);
    t.match(head(bucket, A), { etag: /-1$/, checksums: [] });
    const place = openBeneath(bucket.rootFd, 'a', O.PATH);
    t.equal(beforeEdit(bucket, 'a', place).described, false);
    closeFd(place);
    const sidecars = `${bucket.directory}/.bucketree/metadata`;
    if (!bucket.volume.attributes) t.same(readdirSync(sidecars), []);
    await edit(bucket, (fd) => void writeSync(fd, 'content', 0));
    await setTime(bucket, 'now');
  }
});

t.test('files without a record, and what is no file, are left alone', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: 'theirs', d: {} }));
  await edit(bucket, (fd) => void writeSync(fd, 'CONTENT', 0));
  await setTime(bucket, 'now');
  const fd = openBeneath(bucket.rootFd, 'd', O.PATH);
  const before = beforeEdit(bucket, 'd', fd);
  utimesSync(`${bucket.directory}/d`, 1, 1);
  t.equal(afterEdit(bucket, 'd', fd, before), undefined);
  t.equal(timeToSet(bucket, before, 'now'), 'now');
  closeFd(fd);
});
