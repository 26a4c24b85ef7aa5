import t from 'tap';
import type { BucketName } from '../../../lib/names.js';
import { writable } from '../../../lib/store/engine.js';
import { engineIn } from './engine-in.js';

const PHOTOS = 'photos' as BucketName;

t.test('a bucket is for writing unless the store is read-only', async (t) => {
  const directory = t.testdir({ photos: {} });
  t.equal(writable(engineIn(t, directory), PHOTOS).name, 'photos');
  const readOnly = engineIn(t, directory, { readOnly: true });
  t.throws(() => writable(readOnly, PHOTOS), { code: 'ReadOnly' });
  t.ok(readOnly.buckets.get(PHOTOS));
  t.throws(() => writable(readOnly, 'nothing' as BucketName), { code: 'NoSuchBucket' });
});
