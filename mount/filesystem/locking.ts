/**
 * Names of files change under the locks of their keys, as they do when HTTP changes them: a PUT that has checked its
 * If-Match replaces what it has checked. This thread does not wait; a lock that is taken is tried again later.
 */
import { MAX_KEY_BYTES } from '../../lib/names.js';
import { closeFd, O, tryOpenBeneath } from '../../lib/os/open.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { RESERVED } from '../../lib/store/layout.js';
import { whenKeys } from '../../lib/store/locks.js';
import type { Eventually } from '../../lib/store/store.js';

/** @param paths undefined: no key, nobody else changes it by one */
export function underKeys<T>(
  bucket: Bucket,
  paths: readonly (string | undefined)[],
  section: () => T,
): Eventually<T> {
  const keys = paths.filter((path): path is string => isKey(path));
  return keys.length === 0 || !isPublishedTo(bucket) ? section() : whenKeys(bucket, keys, section);
}

function isKey(path: string | undefined): boolean {
  return path !== undefined && Buffer.byteLength(path) <= MAX_KEY_BYTES;
}

/**
 * Who only mounts a directory finds nothing of ours in it: where nothing was ever published there is no lock. And who
 * may not write the lock of another user's server may still remove their own files.
 */
function isPublishedTo(bucket: Bucket): boolean {
  if (bucket.lockFd !== undefined) return true;
  const fd = tryOpenBeneath(bucket.rootFd, `${RESERVED}/lock`, O.RDWR);
  if (fd >= 0) closeFd(fd);
  return fd >= 0;
}
