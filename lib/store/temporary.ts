/**
 * New content before it has a name. Where the filesystem can, it has none at all (O_TMPFILE), in the directory
 * it will live in, so that default ACLs and setgid are inherited and a crash leaves nothing. Elsewhere it is a
 * file under `tmp/`, locked while we live, which the sweep at start may remove once nobody holds it.
 */
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { closeFd, O, openAt, openDirectory, openParent, openTemporary } from '../os/open.js';
import { linkFd, renameAt, unlinkAt } from '../os/link.js';
import { lockRange } from '../os/range-lock.js';
import { statFd, tryStatAt } from '../os/stat.js';
import { E, isErrno, SystemError } from '../os/system-error.js';
import { type Bucket, ensureOwn } from './bucket.js';
import { followDirectory } from './ownership.js';
import { TEMPORARIES } from './layout.js';
import { openDirectoryAt } from './locate.js';

export interface Temporary {
  /** Open for reading and writing, until it is in place or dropped. */
  readonly fd: number;
  /** Its name under `tmp/`, when it has one. */
  name: string | undefined;
  /** Where the name is instead of `tmp/`, open: it is somebody else's, an upload's, until it is published. */
  readonly directory?: number;
  /** The descriptor is gone. */
  closed?: boolean;
}

const NEW_FILE = 0o666;

/** A temporary file for content that will stand in the directory `parent` (of the bucket; '' is its root). */
export function makeTemporary(bucket: Bucket, parent: string): Temporary {
  for (;;) {
    const directory = nearestDirectory(bucket, parent);
    try {
      const fd = bucket.volume.unnamed ? openTemporary(directory, NEW_FILE) : undefined;
      const temporary = fd === undefined ? makeNamed(bucket, directory) : { fd, name: undefined };
      followDirectory(bucket.options, directory, temporary.fd, false);
      return temporary;
    } catch (error) {
      const went = isErrno(error, 'ENOENT') && statFd(directory).nlink === 0;
      if (!went || statFd(bucket.rootFd).nlink === 0) throw error;
    } finally {
      closeFd(directory);
    }
  }
}

function makeNamed(bucket: Bucket, directory: number): Temporary {
  const tmp = openTemporaries(bucket, directory);
  try {
    for (;;) {
      const name = randomBytes(12).toString('hex');
      const fd = openAt(tmp, name, O.RDWR | O.CREAT | O.EXCL, NEW_FILE);
      lockRange(fd, 0, 0, { wait: true });
      if (statFd(fd).nlink > 0) return { fd, name };
      // A sweep came between making it and holding it.
      closeFd(fd);
    }
  } finally {
    closeFd(tmp);
  }
}

/** The directory, or the closest one above it that exists: the ones between will inherit from it. */
function nearestDirectory(bucket: Bucket, parent: string): number {
  for (let path = parent; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
    const fd = openDirectoryAt(bucket, path);
    if (fd !== undefined) return fd;
  }
  return openAt(bucket.rootFd, '.', O.RDONLY | O.DIRECTORY);
}

/**
 * `tmp/` of the filesystem that `directory` is on: the bucket's, or that of a filesystem mounted inside it.
 * @returns a descriptor the caller closes
 */
export function openTemporaries(bucket: Bucket, directory: number): number {
  const { dev } = statFd(directory);
  if (dev === bucket.dev) return bucket.openOwn(TEMPORARIES);
  let here = openAt(directory, '.', O.RDONLY | O.DIRECTORY);
  for (;;) {
    const parent = openParent(here, O.RDONLY);
    if (statFd(parent).dev !== dev) {
      closeFd(parent);
      break;
    }
    closeFd(here);
    here = parent;
  }
  try {
    return ensureOwn(here, TEMPORARIES);
  } finally {
    closeFd(here);
  }
}

/**
 * Puts the content at `name`, in one step.
 * @param replace something stands there, and is to be replaced; otherwise nothing may
 * @throws SystemError EEXIST (not `replace`), ENOENT (the directory is gone), EXDEV (it is on another filesystem)
 */
export function place(
  bucket: Bucket,
  temporary: Temporary,
  directory: number,
  name: string,
  replace: boolean,
): void {
  if (temporary.name === undefined && !replace) return linkFd(temporary.fd, directory, name);
  if (temporary.name !== undefined && temporary.directory !== undefined) {
    moveInto(temporary.directory, temporary.name, directory, name, replace);
    temporary.name = undefined;
    return;
  }
  const tmp = openTemporaries(bucket, directory);
  try {
    if (temporary.name === undefined) {
      // linkat(2) cannot replace: a name of its own first, held by a lock against the sweep, then rename(2).
      const step = randomBytes(12).toString('hex');
      lockRange(temporary.fd, 0, 0, { wait: false });
      linkFd(temporary.fd, tmp, step);
      temporary.name = step;
    }
    moveInto(tmp, temporary.name, directory, name, replace);
    temporary.name = undefined;
  } finally {
    closeFd(tmp);
  }
}

/** rename(2), never over something unless asked. Where the filesystem cannot promise that, look first. */
export function moveInto(
  from: number,
  fromName: string,
  directory: number,
  name: string,
  replace: boolean,
): void {
  if (replace) return renameAt(from, fromName, directory, name);
  try {
    renameAt(from, fromName, directory, name, { noReplace: true });
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'ENOSYS')) throw error;
    if (tryStatAt(directory, name) !== undefined) throw new SystemError(E.EEXIST, 'renameat2');
    renameAt(from, fromName, directory, name);
  }
}

/** Nobody writes it any more: as long as it is open, whoever looks at what it became finds it unsettled. */
export function closeTemporary(temporary: Temporary): void {
  if (temporary.closed === true) return;
  temporary.closed = true;
  closeFd(temporary.fd);
}

/** Closes the descriptor and removes the name it still has under `tmp/`. Harmless after `place`. */
export function dropTemporary(bucket: Bucket, temporary: Temporary): void {
  const { name, directory } = temporary;
  try {
    if (name !== undefined && directory === undefined) {
      temporary.name = undefined;
      removeNamed(bucket, temporary.fd, name);
    }
  } finally {
    closeTemporary(temporary);
  }
}

/** In the `tmp/` it was made in: that of a filesystem mounted inside the bucket, when it is on one. */
function removeNamed(bucket: Bucket, fd: number, name: string): void {
  const tmp = statFd(fd).dev === bucket.dev ? bucket.openOwn(TEMPORARIES) : openDirectory(directoryOf(fd));
  try {
    unlinkAt(tmp, name);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  } finally {
    closeFd(tmp);
  }
}

/** Where the kernel says that an open file is. */
function directoryOf(fd: number): Buffer {
  const path = readlinkSync(`/proc/self/fd/${fd}`, 'buffer');
  return path.subarray(0, path.lastIndexOf('/'));
}
