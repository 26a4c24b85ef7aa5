import { chmodSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { closeFd, O, openAt, openDirectory } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import { coarseTimeNs } from '../../../lib/os/times.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { IMPLICIT } from '../../../lib/store/directories.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import { infoOf, inspect } from '../../../lib/store/inspect.js';
import { KnownEtags } from '../../../lib/store/known-etags.js';
import { isDirectoryObject, listedDirectory, listedFile } from '../../../lib/store/listed-object.js';
import type { ListedObject, ObjectInfo } from '../../../lib/store/model.js';
import type { Record } from '../../../lib/store/record.js';
import { writeRecord } from '../../../lib/store/records.js';
import { bucketIn, key } from './bucket-in.js';

const ETAG = '900150983cd24fb0d6963f7d28e17f72';
const TICK = 60;

function list(
  bucket: Bucket,
  name: string,
  known = new KnownEtags({ maxBytes: 4096 }),
): ListedObject | undefined {
  return listedFile({ bucket, directory: bucket.rootFd, name, key: name, nowNs: coarseTimeNs(), known });
}

/** As a listing leaves it at a file it knew. */
function knownBefore(): KnownEtags {
  const known = new KnownEtags({ maxBytes: 4096 });
  const stamp = { dev: 1, ino: 1n, size: 1, mtimeNs: 1n, ctimeNs: 1n };
  known.set(stamp, { etag: ETAG });
  known.get(stamp);
  return known;
}

function head(bucket: Bucket, name: string): ObjectInfo {
  const inspection = inspect(bucket, name);
  if (inspection === undefined) throw new Error(`${name} is not there`);
  try {
    return infoOf(key(name), inspection);
  } finally {
    if (inspection.fd !== undefined) closeFd(inspection.fd);
  }
}

/** As a PUT leaves it. */
function put(bucket: Bucket, name: string, about: Partial<Record> = {}): void {
  writeFileSync(`${bucket.directory}/${name}`, 'abc');
  const fd = openAt(bucket.rootFd, name, O.RDWR);
  const { size, mtimeNs } = statFd(fd);
  const record: Record = {
    ...IMPLICIT,
    kind: 'file',
    fingerprint: { size, mtimeNs },
    etag: ETAG,
    checksums: [{ algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'NSRBwg==' }],
    ...about,
  };
  writeRecord(bucket, name, fd, record, undefined);
  closeFd(fd);
}

t.test('an object lists with what it was put with', (t) => {
  const bucket = bucketIn(t);
  put(bucket, 'a', { storageClass: 'GLACIER' });
  const { size, mtimeMs } = statSync(`${bucket.directory}/a`);
  t.strictSame(list(bucket, 'a'), {
    kind: 'object',
    key: 'a',
    size,
    modified: Math.floor(mtimeMs),
    etag: ETAG,
    storageClass: 'GLACIER',
    checksumAlgorithm: 'CRC32',
    checksumType: 'FULL_OBJECT',
  });
  t.end();
});

t.test('a listing says what HEAD says, the first time and from memory', async (t) => {
  const bucket = bucketIn(t);
  put(bucket, 'put');
  put(bucket, 'edited');
  writeFileSync(`${bucket.directory}/edited`, 'something else');
  writeFileSync(`${bucket.directory}/foreign`, 'xyz');
  writeFileSync(`${bucket.directory}/empty`, '');
  await setTimeout(TICK);
  const known = new KnownEtags({ maxBytes: 4096 });
  for (const name of ['put', 'edited', 'foreign', 'empty']) {
    const { size, modified, etag, storageClass, checksums } = head(bucket, name);
    for (const time of ['first', 'second', 'behind one that was known']) {
      const behind = knownBefore();
      const listed = list(bucket, name, time.startsWith('behind') ? behind : known);
      t.match(listed, { kind: 'object', key: name, size, modified, etag, storageClass }, `${name}, ${time}`);
      t.equal(listed?.checksumAlgorithm, checksums[0]?.algorithm);
    }
  }
});

t.test('an edit is seen at once, also with the size and time of before', async (t) => {
  const bucket = bucketIn(t);
  const known = new KnownEtags({ maxBytes: 4096 });
  const path = `${bucket.directory}/a`;
  writeFileSync(path, 'one');
  utimesSync(path, 1000, 1000);
  await setTimeout(TICK);
  const before = list(bucket, 'a', known);
  writeFileSync(path, 'two');
  utimesSync(path, 1000, 1000);
  const after = list(bucket, 'a', known);
  t.equal(after?.size, before?.size);
  t.equal(after?.modified, before?.modified);
  t.not(after?.etag, before?.etag);
});

t.test('a file that changed in this very tick has a tag that vouches for nothing', (t) => {
  const bucket = bucketIn(t);
  writeFileSync(`${bucket.directory}/a`, 'one');
  t.not(list(bucket, 'a')?.etag, list(bucket, 'a')?.etag);
  t.match(list(bucket, 'a')?.etag, /^[0-9a-f]{32}-1$/);
  t.end();
});

t.test('what is not there, or no file, does not list', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ directory: {} }));
  symlinkSync('/etc/passwd', `${bucket.directory}/link`);
  for (const name of ['nothing', 'directory', 'link']) t.equal(list(bucket, name), undefined);
  t.end();
});

t.test('a followed link lists as the file it leads to, beneath the bucket only', (t) => {
  const bucket = bucketIn(t, { followSymlinks: true });
  put(bucket, 'real');
  symlinkSync('real', `${bucket.directory}/link`);
  symlinkSync('/etc/passwd', `${bucket.directory}/out`);
  t.match(list(bucket, 'link'), { key: 'link', size: 3, etag: ETAG, checksumAlgorithm: 'CRC32' });
  t.equal(list(bucket, 'out'), undefined);
  rmSync(`${bucket.directory}/real`);
  t.equal(list(bucket, 'link'), undefined);
  t.end();
});

t.test('a file we may not read lists all the same', async (t) => {
  const bucket = bucketIn(t);
  put(bucket, 'a');
  chmodSync(`${bucket.directory}/a`, 0);
  await setTimeout(TICK);
  // The superuser reads the record all the same.
  const etag = process.getuid?.() === 0 ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{32}-1$/;
  t.match(list(bucket, 'a'), { size: 3, etag });
});

t.test('a directory object has the time it was put and the tag of nothing', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: {} }));
  const fd = openDirectory(`${bucket.directory}/a`);
  t.teardown(() => closeFd(fd));
  const record: Record = {
    ...IMPLICIT,
    kind: 'directory',
    etag: EMPTY_ETAG,
    fingerprint: { size: 0, mtimeNs: 5_000_000_000n },
  };
  t.match(listedDirectory('a/', statFd(fd), record), {
    key: 'a/',
    size: 0,
    modified: 5000,
    etag: EMPTY_ETAG,
  });
  const { mtimeMs } = statSync(`${bucket.directory}/a`);
  t.match(listedDirectory('a/', statFd(fd), undefined), {
    size: 0,
    modified: Math.floor(mtimeMs),
    storageClass: 'STANDARD',
  });
  t.ok(isDirectoryObject(record, false));
  t.ok(isDirectoryObject(undefined, true));
  t.notOk(isDirectoryObject(undefined, false));
  t.notOk(isDirectoryObject(IMPLICIT, true));
  t.end();
});
