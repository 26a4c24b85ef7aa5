/** The directories a mount shows: the first one names it. */
import type { StoreOptions } from '../lib/store/options.js';

export function rootsOf({ directory, buckets }: StoreOptions, bucket: string | undefined): string[] {
  const mapped = bucket === undefined ? [...buckets.values()] : [buckets.get(bucket) ?? []].flat();
  return directory === undefined ? mapped : [directory, ...mapped];
}
