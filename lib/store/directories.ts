/**
 * Directories between a bucket and its objects. Those we make only to hold a key are marked, so that they
 * never list and go when they empty; they are made in `tmp/` with their mark and renamed into place, so that
 * nobody sees one without it.
 */
import { randomBytes } from 'node:crypto';
import { closeFd, O, openAt, tryOpenAt } from '../os/open.js';
import { removeAttribute } from '../os/attributes.js';
import { mkdirAt, rmdirAt } from '../os/link.js';
import { statFd, tryStatAt } from '../os/stat.js';
import { E, isErrno, SystemError } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { ATTRIBUTE } from './layout.js';
import { openDirectoryAt } from './locate.js';
import { followDirectory } from './ownership.js';
import { pathPlace } from './paths.js';
import { PLAIN, type Record, type RecordKind } from './record.js';
import { dropRecord, readRecord, type RecordWrite, writeRecord } from './records.js';
import { moveInto, openTemporaries } from './temporary.js';

const NEW_DIRECTORY = 0o777;

export const IMPLICIT: Record = {
  ...PLAIN,
  kind: 'implicit',
  fingerprint: { size: 0, mtimeNs: 0n },
  etag: '',
  checksums: [],
  parts: undefined,
};

export interface Directory {
  /** Open for reading. */
  readonly fd: number;
  /** Directories that got a new entry on the way, open: to be synced, and closed, by the caller. */
  readonly changed: readonly number[];
}

/**
 * The directory at `path` of the bucket, made as far as it is missing.
 * @returns undefined when something stands in the way: a file, a symlink, another spelling
 */
export function ensureDirectory(bucket: Bucket, path: string): Directory | undefined {
  const there = openDirectoryAt(bucket, path);
  if (there !== undefined) return { fd: there, changed: [] };
  const changed: number[] = [];
  let done = '';
  let here = openAt(bucket.rootFd, '.', O.RDONLY | O.DIRECTORY);
  try {
    for (const segment of path.split('/')) {
      done = done === '' ? segment : `${done}/${segment}`;
      if (tryStatAt(here, segment) === undefined && makeImplicit(bucket, here, done, segment)) {
        changed.push(openAt(here, '.', O.RDONLY | O.DIRECTORY));
      }
      const next = openDirectoryAt(bucket, done);
      if (next === undefined) {
        if (tryStatAt(here, segment) === undefined) throw new SystemError(E.ENOENT, 'openat2');
        closeAll([here, ...changed]);
        return undefined;
      }
      closeFd(here);
      here = next;
    }
    return { fd: here, changed };
  } catch (error) {
    closeAll([here, ...changed]);
    throw error;
  }
}

export function closeAll(descriptors: readonly number[]): void {
  for (const fd of descriptors) closeFd(fd);
}

/** @returns false when somebody else was quicker */
function makeImplicit(bucket: Bucket, parent: number, path: string, name: string): boolean {
  return makeMarked(bucket, parent, `${path}/`, name, IMPLICIT);
}

/**
 * A directory with its record on it, in one step.
 * @param key its key, with the slash
 * @returns false when the name is taken
 */
export function makeMarked(
  bucket: Bucket,
  parent: number,
  key: string,
  name: string,
  record: Record,
): boolean {
  const tmp = openTemporaries(bucket, parent);
  const step = randomBytes(12).toString('hex');
  try {
    mkdirAt(tmp, step, NEW_DIRECTORY);
    const fd = openAt(tmp, step, O.RDONLY | O.DIRECTORY);
    let written: RecordWrite | undefined;
    try {
      followDirectory(bucket.options, parent, fd, true);
      written = writeRecord(bucket, key, fd, record, undefined);
      moveInto(tmp, step, parent, name, false);
      return true;
    } catch (error) {
      rmdirAt(tmp, step);
      written?.undo();
      if (isErrno(error, 'EEXIST', 'ENOTEMPTY')) return false;
      throw error;
    } finally {
      closeFd(fd);
    }
  } finally {
    closeFd(tmp);
  }
}

/**
 * Removes the directory at `path`, and those above it, while they were made only to hold keys and are empty.
 * @returns the directory that lost an entry last, open, for the caller to sync and close
 */
export function prune(bucket: Bucket, path: string): number | undefined {
  let changed: number | undefined;
  for (let at = path; at !== ''; at = parentOf(at)) {
    const parent = openDirectoryAt(bucket, parentOf(at));
    if (parent === undefined) return changed;
    if (!removeImplicit(bucket, parent, at)) {
      closeFd(parent);
      return changed;
    }
    if (changed !== undefined) closeFd(changed);
    changed = parent;
  }
  return changed;
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function removeImplicit(bucket: Bucket, parent: number, path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const fd = tryOpenAt(parent, name, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return false;
  try {
    if (readRecord(bucket, `${path}/`, fd, statFd(fd))?.kind !== 'implicit') return false;
    rmdirAt(parent, name);
    dropRecord(bucket, `${path}/`, fd);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EACCES', 'EPERM', 'EBUSY')) return false;
    throw error;
  } finally {
    closeFd(fd);
  }
}

/** The directory that `a/` spells stops being an object: it only holds keys from now on, and goes with the last. */
export function disown(bucket: Bucket, key: string): void {
  changeRecord(bucket, key, (kind) => (kind === 'directory' ? IMPLICIT : undefined));
}

/**
 * `a/` is an object under `keys/` now. The directory at its path must not list in its place when it empties, and
 * unless we made it, it stays. Where records are kept by key the object's own is found here: who made the
 * directory is not known any more, and a directory too many is better than somebody's gone.
 */
export function standBehind(bucket: Bucket, key: string): void {
  const kept: Record = { ...IMPLICIT, kind: 'kept' };
  changeRecord(bucket, key, (kind) => {
    if (kind === 'implicit' || kind === 'kept') return undefined;
    return kind === 'directory' ? IMPLICIT : kept;
  });
}

/** The object that stood before the directory of `a/` is gone from `keys/`. */
export function standAgain(bucket: Bucket, key: string): void {
  withDirectory(bucket, key, (fd) => {
    if (bucket.volume.attributes && readRecord(bucket, key, fd, statFd(fd))?.kind === 'kept') {
      removeAttribute(fd, ATTRIBUTE);
    }
  });
}

function changeRecord(
  bucket: Bucket,
  key: string,
  change: (kind: RecordKind | undefined) => Record | undefined,
): void {
  withDirectory(bucket, key, (fd) => {
    const record = change(readRecord(bucket, key, fd, statFd(fd))?.kind);
    if (record !== undefined) writeRecord(bucket, key, fd, record, fd).finish();
  });
}

function withDirectory(bucket: Bucket, key: string, section: (fd: number) => void): void {
  const path = pathPlace(key);
  if (path?.directory !== true) return;
  const fd = openDirectoryAt(bucket, path.path);
  if (fd === undefined) return;
  try {
    section(fd);
  } finally {
    closeFd(fd);
  }
}
