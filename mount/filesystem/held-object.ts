/**
 * The object behind a descriptor, which may be O_PATH: its key, and changes of its record. In the mount a record
 * belongs to the inode the caller holds, whatever its name leads to by now.
 */
import { StoreError } from '../../lib/errors.js';
import { type ObjectKey, parseObjectKey } from '../../lib/names.js';
import { isDirectory, isFile, type Stat, statFd } from '../../lib/os/stat.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { inspectHeld, type Inspection } from '../../lib/store/inspect.js';
import { standing } from '../../lib/store/locate.js';
import { whenKeys } from '../../lib/store/locks.js';
import { pathPlace } from '../../lib/store/paths.js';
import { close } from '../../lib/store/publish.js';
import { sameFile } from '../../lib/store/stamp.js';
import type { Eventually } from '../../lib/store/store.js';

/** What has no key: a name that is not UTF-8 or too long, the bucket itself. Its record is its inode's alone. */
export const NO_KEY = '' as ObjectKey;

/** Only these are objects, or can become one. */
export function canHaveRecord(stat: Pick<Stat, 'mode'>): boolean {
  return isFile(stat) || isDirectory(stat);
}

/**
 * @param path in the bucket, without a slash at the end; undefined when it is not UTF-8, '' for the bucket itself
 * @returns NO_KEY where there is none
 */
export function keyOf(path: string | undefined, stat: Pick<Stat, 'mode'>): ObjectKey {
  if (path === undefined || path === '') return NO_KEY;
  const key = isDirectory(stat) ? `${path}/` : path;
  if (pathPlace(key) === undefined) return NO_KEY;
  try {
    return parseObjectKey(key);
  } catch (error) {
    if (error instanceof StoreError) return NO_KEY;
    throw error;
  }
}

/**
 * Runs `change` on the object under its key's lock, at once or as soon as nobody holds it.
 * @param fd of a regular file or a directory
 * @throws SystemError EROFS, EACCES (unreadable), EOPNOTSUPP and ESTALE where records are kept by key: there is none,
 *   or it is another file's by now
 */
export function changeHeld<T>(
  bucket: Bucket,
  path: string | undefined,
  fd: number,
  change: (found: Inspection, key: ObjectKey, readable: number) => T,
): Eventually<T> {
  if (bucket.options.readOnly) throw new SystemError(E.EROFS, 'setxattr');
  const key = keyOf(path, statFd(fd));
  const section = (): T => changeLocked(bucket, key, fd, change);
  return key === NO_KEY ? section() : whenKeys(bucket, [key], section);
}

/** As changeHeld, for a caller that holds the key's lock. */
export function changeLocked<T>(
  bucket: Bucket,
  key: ObjectKey,
  fd: number,
  change: (found: Inspection, key: ObjectKey, readable: number) => T,
): T {
  const found = inspectHeld(bucket, key, fd);
  try {
    if (found.fd === undefined) throw new SystemError(E.EACCES, 'open');
    if (!bucket.volume.attributes) checkKey(bucket, key, found);
    return change(found, key, found.fd);
  } finally {
    close(found);
  }
}

function checkKey(bucket: Bucket, key: ObjectKey, { place, stat }: Inspection): void {
  if (key === NO_KEY) throw new SystemError(E.EOPNOTSUPP, 'setxattr');
  const there = standing(bucket, place.parent, place.name);
  if (there === undefined || !sameFile(there, stat)) throw new SystemError(E.ESTALE, 'setxattr');
}
