/** A bucket over a directory of its own, as a store thread holds it. */
import type { Test } from 'tap';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { Bucket, type BucketOptions } from '../../../lib/store/bucket.js';

export const OPTIONS: BucketOptions = {
  followSymlinks: false,
  readOnly: false,
  durability: 'none',
  owner: undefined,
  umask: undefined,
};

/** @param directory an existing one; without it the test gets an empty one */
export function bucketIn(t: Test, options: Partial<BucketOptions> = {}, directory?: string): Bucket {
  const root = directory ?? t.testdir({});
  const bucket = new Bucket('photos' as BucketName, root, true, { ...OPTIONS, ...options });
  t.teardown(() => bucket.close());
  return bucket;
}

export function key(text: string): ObjectKey {
  return text as ObjectKey;
}
