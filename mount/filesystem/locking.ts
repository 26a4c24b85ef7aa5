/**
 * Names of files change under the locks of their keys, as they do when HTTP changes them: a PUT that has checked its
 * If-Match replaces what it has checked. This thread does not wait; a lock that is taken is tried again later.
 */
import { MAX_KEY_BYTES } from '../../lib/names.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { whenKeys } from '../../lib/store/locks.js';
import type { Eventually } from '../../lib/store/store.js';

/** @param paths undefined: no key, nobody else changes it by one */
export function underKeys<T>(
  bucket: Bucket,
  paths: readonly (string | undefined)[],
  section: () => T,
): Eventually<T> {
  const keys = paths.filter((path) => path !== undefined && Buffer.byteLength(path) <= MAX_KEY_BYTES);
  return keys.length === 0 ? section() : whenKeys(bucket, keys as string[], section);
}
