/**
 * Whether everything that belongs to the objects would move with their files. What is under `keys/` and records in
 * sidecars would not.
 */
import { closeFd, O, tryOpenBeneath } from '../../lib/os/open.js';
import { readNames } from '../../lib/os/names.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { KEYS, SIDECARS } from '../../lib/store/layout.js';
import { hiddenPrefix } from '../../lib/store/paths.js';

/** Whether a directory may go to another bucket: a record in a sidecar is found by who is in the same one. */
export function mayMoveOut(bucket: Bucket): boolean {
  return !holdsAny(bucket, SIDECARS, '');
}

/** @param path of the directory in its bucket */
export function mayMoveDirectory(bucket: Bucket, path: string): boolean {
  if (!bucket.volume.attributes && holdsAny(bucket, SIDECARS, '')) return false;
  const prefix = `${KEYS}/${hiddenPrefix(Buffer.from(`${path}/`))}`;
  const slash = prefix.lastIndexOf('/');
  return !holdsAny(bucket, prefix.slice(0, slash), prefix.slice(slash + 1));
}

/** Whether a directory of ours has an entry whose name starts so. */
function holdsAny(bucket: Bucket, directory: string, start: string): boolean {
  const fd = tryOpenBeneath(bucket.rootFd, directory, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return false;
  try {
    let found = false;
    readNames(fd, (chunk, from, to) => {
      found = chunk.toString('latin1', from, to).startsWith(start);
      return !found;
    });
    return found;
  } finally {
    closeFd(fd);
  }
}
