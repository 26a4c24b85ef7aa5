/** Files held as the mount holds them, and buckets on the kinds of filesystem there are. */
import type { Test } from 'tap';
import { closeFd, O, openBeneath } from '../../../lib/os/open.js';
import type { Bucket, BucketOptions } from '../../../lib/store/bucket.js';
import { tryMount } from '../../lib/os/mounted.js';
import { bucketIn } from '../../lib/store/bucket-in.js';

/** The file at a path of the bucket, held by a descriptor that is only a place, until the test ends. */
export function hold(t: Test, bucket: Bucket, path: string | Buffer): number {
  const fd = openBeneath(bucket.rootFd, path, O.PATH | O.NOFOLLOW);
  t.teardown(() => closeFd(fd));
  return fd;
}

/** An empty bucket where files have attributes, and one where they have none, if such a thing can be mounted. */
export function bucketsIn(t: Test, options: Partial<BucketOptions> = {}): readonly Bucket[] {
  const buckets = [bucketIn(t, options)];
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused === false) buckets.push(bucketIn(t, options, path));
  else t.comment(refused);
  return buckets;
}
