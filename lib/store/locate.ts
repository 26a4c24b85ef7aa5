/**
 * Where a key is, on the disk as it stands now. The path wins; where nothing of the right kind stands there
 * the key may be under `keys/`. Resolution never leaves the bucket, follows no symlink unless asked to, and
 * never arrives below a reserved directory.
 */
import { readlinkSync } from 'node:fs';
import { StoreError } from '../errors.js';
import { closeFd, O, openAt, openParent, tryOpenBeneath } from '../os/open.js';
import { readNamesList } from '../os/names.js';
import { isDirectory, isFile, type Stat, statFd, tryStatAt } from '../os/stat.js';
import { errnoName, SystemError } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { RESERVED } from './layout.js';
import type { Place } from './paths.js';
import { sameFile } from './stamp.js';

/** An object's inode, held by a descriptor that gives no access yet (O_PATH): nothing was opened. */
export interface Located {
  readonly place: Place;
  readonly stat: Stat;
  /** The caller closes it. */
  readonly fd: number;
}

/** What resolving may answer when there is simply no such thing beneath the bucket. */
const ABSENT: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EXDEV',
  'ENAMETOOLONG',
  'EINVAL',
]);

/** What stands at one place, when it is of the kind the place asks for. */
export function locateAt(bucket: Bucket, place: Place): Located | undefined {
  const fd = tryOpenPath(bucket, place.path, O.PATH | (bucket.options.followSymlinks ? 0 : O.NOFOLLOW));
  if (fd === undefined) return undefined;
  try {
    const stat = statFd(fd);
    const fits = place.directory ? isDirectory(stat) : isFile(stat);
    if (fits && (place.kind === 'hidden' || isHonest(bucket, place.path, fd, stat))) {
      return { place, stat, fd };
    }
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  closeFd(fd);
  return undefined;
}

/** The directory at `path` ('' is the bucket itself), open for reading; undefined when none stands there. */
export function openDirectoryAt(bucket: Bucket, path: string): number | undefined {
  const fd = tryOpenPath(bucket, path === '' ? '.' : path, O.RDONLY | O.DIRECTORY);
  // No key spells a path in the reserved directory: such a one is the store's own.
  const own = path === RESERVED || path.startsWith(`${RESERVED}/`);
  if (fd === undefined || path === '' || own || isHonest(bucket, path, fd, undefined)) return fd;
  closeFd(fd);
  return undefined;
}

/** What stands at a name of the bucket now. */
export function standing(bucket: Bucket, parent: string, name: string): Stat | undefined {
  const directory = openDirectoryAt(bucket, parent);
  if (directory === undefined) return undefined;
  try {
    return tryStatAt(directory, name);
  } finally {
    closeFd(directory);
  }
}

/** @returns undefined for what is not there. @throws StoreError AccessDenied, SystemError for a failing disk */
function tryOpenPath(bucket: Bucket, path: string, flags: number): number | undefined {
  const fd = tryOpenBeneath(bucket.rootFd, path, flags, 0, bucket.options);
  if (fd >= 0) return fd;
  const errno = errnoName(-fd);
  if (ABSENT.has(errno)) return undefined;
  if (errno === 'EACCES') {
    throw new StoreError('AccessDenied', `${bucket.directory}/${path}: permission denied`, { path });
  }
  throw new SystemError(-fd, 'openat2');
}

/**
 * By its spelling a path is honest: no segment is reserved. That is not enough where names fold (another
 * spelling reaches the same entry) or links are followed: there, look at what was reached.
 */
function isHonest(bucket: Bucket, path: string, fd: number, stat: Stat | undefined): boolean {
  const { followSymlinks } = bucket.options;
  if (!followSymlinks && !bucket.volume.folds) return true;
  if (bucket.volume.folds && !followSymlinks && !isSpelledSo(bucket, path)) return false;
  return !isReserved(bucket, path, fd, stat);
}

/** Every segment of the path stands in its directory in exactly these bytes. */
function isSpelledSo(bucket: Bucket, path: string): boolean {
  let directory = openAt(bucket.rootFd, '.', O.RDONLY | O.DIRECTORY);
  try {
    for (const segment of path.split('/')) {
      const wanted = Buffer.from(segment);
      if (!readNamesList(directory).some((entry) => entry.name.equals(wanted))) return false;
      const next = tryOpenBeneath(directory, segment, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
      if (next < 0) return true; // the last segment: a file
      closeFd(directory);
      directory = next;
    }
    return true;
  } finally {
    closeFd(directory);
  }
}

/** Walks up from what was reached to the bucket and compares each step with its parent's reserved directory. */
function isReserved(bucket: Bucket, path: string, fd: number, stat: Stat | undefined): boolean {
  if (stat !== undefined && !isDirectory(stat)) {
    // A file has no '..'. Its directory is asked instead, through the path that just led to it.
    const slash = path.lastIndexOf('/');
    if (bucket.options.followSymlinks) return realPath(bucket, fd).includes(`/${RESERVED}/`);
    if (slash === -1) return false;
    const parent = tryOpenBeneath(bucket.rootFd, path.slice(0, slash), O.PATH | O.DIRECTORY);
    if (parent < 0) return true;
    try {
      return isReserved(bucket, path.slice(0, slash), parent, undefined);
    } finally {
      closeFd(parent);
    }
  }
  let here = openAt(fd, '.', O.PATH | O.DIRECTORY);
  try {
    for (let depth = 0; depth < 1024; depth++) {
      const child = statFd(here);
      if (sameFile(child, bucket)) return false;
      const parent = openParent(here, O.PATH);
      closeFd(here);
      here = parent;
      const reserved = tryStatAt(here, RESERVED);
      if (reserved !== undefined && sameFile(reserved, child)) return true;
    }
    return true;
  } finally {
    closeFd(here);
  }
}

/** Below the bucket, as the kernel names what the descriptor holds: `/2026/cat.jpg`. */
function realPath(bucket: Bucket, fd: number): string {
  const root = readlinkSync(`/proc/self/fd/${bucket.rootFd}`);
  return readlinkSync(`/proc/self/fd/${fd}`).slice(root.length);
}
