/** What one store thread has of the store, and how it asks for a bucket. */
import { StoreError } from '../errors.js';
import type { BucketName } from '../names.js';
import type { Bucket } from './bucket.js';
import type { Buckets } from './buckets.js';
import type { Listing } from './listing.js';

export interface Engine {
  readonly buckets: Buckets;
  readonly listing: Omit<Listing, 'report'>;
}

/** @throws StoreError ReadOnly */
export function writable(engine: Engine, name: BucketName): Bucket {
  const bucket = engine.buckets.get(name);
  if (bucket.options.readOnly) throw new StoreError('ReadOnly', 'This store is served read-only.');
  return bucket;
}
