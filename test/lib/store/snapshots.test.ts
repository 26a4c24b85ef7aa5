import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import { IMPLICIT } from '../../../lib/store/directories.js';
import { writeRecord } from '../../../lib/store/records.js';
import type { Snapshot } from '../../../lib/store/snapshot.js';
import { Snapshots, type View } from '../../../lib/store/snapshots.js';
import { bucketIn } from './bucket-in.js';

function view(snapshots: Snapshots, bucket: Bucket): View {
  const fd = openDirectory(bucket.directory);
  try {
    return snapshots.view(bucket, fd, '');
  } finally {
    closeFd(fd);
  }
}

function names(snapshot: Snapshot): string[] {
  return Array.from({ length: snapshot.count }, (_, i) => snapshot.name(i));
}

/** Longer than any clock tick this can run on, FAT's aside. */
const TICK = 60;

t.test('a directory that rests is read once', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: '', b: '' }));
  const snapshots = new Snapshots({ maxBytes: 100_000 });
  await setTimeout(TICK);
  const first = view(snapshots, bucket).snapshot;
  t.equal(view(snapshots, bucket).snapshot, first);
});

t.test('a change is seen by the next request, however soon it comes', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: '' }));
  const snapshots = new Snapshots({ maxBytes: 100_000 });
  for (let i = 0; i < 300; i++) {
    writeFileSync(`${bucket.directory}/b`, '');
    t.strictSame(names(view(snapshots, bucket).snapshot), ['a', 'b']);
    rmSync(`${bucket.directory}/b`);
    t.strictSame(names(view(snapshots, bucket).snapshot), ['a']);
  }
});

t.test('a directory that changed in this very tick is not kept', (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: '' }));
  const snapshots = new Snapshots({ maxBytes: 100_000 });
  writeFileSync(`${bucket.directory}/b`, '');
  const first = view(snapshots, bucket).snapshot;
  t.not(view(snapshots, bucket).snapshot, first);
  t.end();
});

t.test('a modification time put back does not hide a change', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: '' }));
  const snapshots = new Snapshots({ maxBytes: 100_000 });
  utimesSync(bucket.directory, 1000, 1000);
  await setTimeout(TICK);
  view(snapshots, bucket);
  writeFileSync(`${bucket.directory}/b`, '');
  utimesSync(bucket.directory, 1000, 1000);
  t.strictSame(names(view(snapshots, bucket).snapshot), ['a', 'b']);
});

t.test('the last directory that is too large for the rest is kept while somebody lists it', async (t) => {
  const files = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`a name of some length ${at}`, '']));
  const directory = t.testdir({ large: files(200), other: files(200), huge: files(5000), small: files(2) });
  const snapshots = new Snapshots({ maxBytes: 8_000, patience: 1000 });
  const look = (name: string): Snapshot => view(snapshots, bucketIn(t, {}, `${directory}/${name}`)).snapshot;
  await setTimeout(TICK);
  const small = look('small');
  const large = look('large');
  for (let page = 0; page < 5; page++) {
    await setTimeout(300);
    t.equal(look('large'), large, 'for as long as it is looked at');
  }
  t.equal(look('small'), small, 'beside the others');
  t.not(look('huge'), look('huge'), 'there is a limit to it');
  t.equal(look('large'), large);
  const other = look('other');
  t.equal(look('other'), other);
  t.not(look('large'), large, 'one at a time');
  const again = look('large');
  await setTimeout(1200);
  t.not(look('large'), again, 'and not for ever');
  const last = look('large');
  writeFileSync(`${directory}/large/new`, '');
  t.equal(look('large').count, last.count + 1, 'a change is seen as ever');
});

t.test('without room nothing is kept and everything still works', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: '' }));
  const snapshots = new Snapshots({ maxBytes: 0 });
  await setTimeout(TICK);
  const first = view(snapshots, bucket).snapshot;
  t.not(view(snapshots, bucket).snapshot, first);
  t.strictSame(names(first), ['a']);
});

t.test('the record of a directory is known with it, until it changes', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: '' }));
  const snapshots = new Snapshots({ maxBytes: 100_000 });
  const fd = openDirectory(bucket.directory);
  t.teardown(() => closeFd(fd));
  await setTimeout(TICK);
  const kind = (): unknown => snapshots.view(bucket, fd, '').record(fd, 'a/')?.kind;
  t.equal(kind(), undefined);
  writeRecord(bucket, 'a/', fd, { ...IMPLICIT, kind: 'directory', etag: EMPTY_ETAG }, undefined);
  t.equal(kind(), 'directory');
  t.equal(kind(), 'directory');
  await setTimeout(TICK);
  t.equal(kind(), 'directory');
  writeRecord(bucket, 'a/', fd, IMPLICIT, fd).finish();
  t.equal(kind(), 'implicit');
});

t.test('links are followed anew with each request', async (t) => {
  const directory = t.testdir({ real: '', link: t.fixture('symlink', 'real') });
  const bucket = bucketIn(t, { followSymlinks: true }, directory);
  const snapshots = new Snapshots({ maxBytes: 100_000 });
  await setTimeout(TICK);
  t.strictSame(names(view(snapshots, bucket).snapshot), ['link', 'real']);
  const sub = `${directory}/sub`;
  mkdirSync(sub);
  t.strictSame(names(view(snapshots, bucket).snapshot), ['link', 'real', 'sub/']);
  rmSync(`${directory}/real`);
  t.strictSame(names(view(snapshots, bucket).snapshot), ['sub/'], 'a link to nothing is nothing');
});
