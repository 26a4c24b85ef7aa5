import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { BucketName } from '../../../lib/names.js';
import { placesOf, rootsOf } from '../../../lib/store/mount-places.js';
import { rootId } from '../../../lib/store/mount-wire.js';

const PHOTOS = 'photos' as BucketName;

function identity(path: string): { dev: number; ino: bigint } {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return { dev: Number(dev), ino };
}

t.test('a key is where a mount of its bucket shows it, and where a mount of the store does', async (t) => {
  const store = t.testdir({ photos: {} });
  const bucket = identity(join(store, 'photos'));
  const where = { directory: store, buckets: new Map() };
  t.strictSame(placesOf(where, PHOTOS, bucket, ['2026/cat.jpg', 'a/']), [
    { root: rootId(bucket), path: '2026/cat.jpg' },
    { root: rootId(identity(store)), path: 'photos/2026/cat.jpg' },
    { root: rootId(bucket), path: 'a' },
    { root: rootId(identity(store)), path: 'photos/a' },
  ]);
  t.strictSame(placesOf(where, PHOTOS, undefined, ['']), [{ root: rootId(identity(store)), path: 'photos' }]);
});

t.test('keys no path can express are nowhere', async (t) => {
  const store = t.testdir({ photos: {} });
  const keys = ['a//b', '../x', '.bucketree/lock', 'x'.repeat(300)];
  t.strictSame(placesOf({ directory: store, buckets: new Map() }, PHOTOS, identity(store), keys), []);
});

t.test('a bucket that is elsewhere is beside its neighbours there', async (t) => {
  const base = t.testdir({ Pictures: {}, store: {} });
  const bucket = identity(join(base, 'Pictures'));
  const where = {
    directory: join(base, 'store'),
    buckets: new Map([['photos', join(base, 'Pictures')]]),
  };
  t.strictSame(placesOf(where, PHOTOS, bucket, ['a']), [
    { root: rootId(bucket), path: 'a' },
    { root: rootId(identity(base)), path: 'Pictures/a' },
  ]);
  t.strictSame(rootsOf(where), [rootId(identity(join(base, 'store'))), rootId(bucket)]);
  mkdirSync(join(base, 'other'));
  const missing = { directory: undefined, buckets: new Map([['photos', join(base, 'missing')]]) };
  t.strictSame(rootsOf(missing), []);
});
