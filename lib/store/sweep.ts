/**
 * Removing what crashes left behind, at start and once a day, without reading the tree: named temporaries that
 * nobody holds by a lock, steps of writes that take milliseconds and are older than a minute, and uploads.
 * What a live process has, here or on another machine that shares the filesystem, stays.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { toStoreError, type StoreError } from '../errors.js';
import { type BucketName, isBucketName } from '../names.js';
import { rmdirAt, unlinkAt } from '../os/link.js';
import { DT, readNamesList } from '../os/names.js';
import { closeFd, O, openDirectory, tryOpenAt, tryOpenBeneath } from '../os/open.js';
import { lockRange } from '../os/range-lock.js';
import { isDirectory, isFile, type Stat, tryStatAt } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import { Bucket } from './bucket.js';
import { removeTree } from './buckets.js';
import { emptied } from './emptiness.js';
import { RESERVED, SIDECARS, TEMPORARIES } from './layout.js';
import type { StoreOptions } from './options.js';
import { expireUploads, sweepUploads } from './uploads.js';

/** Uploads nobody completed end after a week. */
const UPLOADS_LIVE_MS = 7 * 24 * 60 * 60 * 1000;
/** A file written and renamed in one go: a disk that takes longer than this fails the write, nothing is lost. */
const STEP_MS = 60 * 1000;
/** Directories cannot be held by a lock that a sweep would notice. One is on its way for milliseconds. */
const DIRECTORY_MS = 60 * 60 * 1000;

export interface Swept {
  /** Files, directories and uploads removed. */
  readonly removed: number;
  /** What could not be swept, and why: nobody's request failed for it. */
  readonly failures: readonly StoreError[];
}

/** Everything of one bucket. Writes nothing where the bucket is served read-only. */
export function sweepBucket(bucket: Bucket, nowMs: number): Swept {
  if (bucket.options.readOnly) return { removed: 0, failures: [] };
  const tries: (() => number)[] = [
    () => sweepSteps(bucket, SIDECARS, /^[0-9a-f]{16}\.new$/, nowMs),
    () => sweepSteps(bucket, RESERVED, /^bucket\.json\.[0-9a-f]{16}\.new$/, nowMs),
    () => sweepUploads(bucket, nowMs),
    () => expireUploads(bucket, UPLOADS_LIVE_MS, nowMs),
    ...['', ...mountsBelow(bucket.directory)].map((mount) => () => sweepTemporaries(bucket, mount, nowMs)),
  ];
  return counted(`sweep ${bucket.name}`, tries);
}

/** Buckets that were being made or unmade, in STORE/.bucketree/tmp. One that holds an object stays. */
export function sweepStore(options: StoreOptions, nowMs: number): Swept {
  const { directory } = options;
  if (options.readOnly || directory === undefined) return { removed: 0, failures: [] };
  return counted(`sweep ${directory}`, [() => sweepUnfinishedBuckets(directory, options, nowMs)]);
}

function counted(what: string, tries: readonly (() => number)[]): Swept {
  let removed = 0;
  const failures: StoreError[] = [];
  for (const attempt of tries) {
    try {
      removed += attempt();
    } catch (error) {
      failures.push(toStoreError(error, what));
    }
  }
  return { removed, failures };
}

/** Opens a directory beneath another, does something with it; 0 when there is none. */
function within(root: number, path: string, action: (directory: number) => number): number {
  const directory = tryOpenBeneath(root, path, O.RDONLY | O.DIRECTORY);
  if (directory < 0) return 0;
  try {
    return action(directory);
  } finally {
    closeFd(directory);
  }
}

/** Filesystems mounted inside a directory, as paths below it: each has a `tmp/` of its own. proc_pid_mountinfo(5) */
export function mountsBelow(directory: string): string[] {
  const root = realpathSync(directory);
  const prefix = root === '/' ? '/' : `${root}/`;
  const points = readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => Buffer.from(unescaped(line.split(' ')[4] ?? ''), 'latin1').toString('utf8'));
  return [...new Set(points)]
    .filter((point) => point.length > prefix.length && point.startsWith(prefix))
    .map((point) => point.slice(prefix.length));
}

/** Spaces and the like are written in octal there. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function sweepTemporaries(bucket: Bucket, mount: string, nowMs: number): number {
  const path = mount === '' ? TEMPORARIES : `${mount}/${TEMPORARIES}`;
  return within(bucket.rootFd, path, (tmp) => {
    let removed = 0;
    for (const { name } of readNamesList(tmp)) {
      if (!/^[0-9a-f]{24}$/.test(name.toString('latin1'))) continue;
      const stat = tryStatAt(tmp, name);
      if (stat === undefined) continue;
      if (isFile(stat) ? removeUnheld(tmp, name) : removeOldDirectory(tmp, name, stat, nowMs)) removed++;
    }
    return removed;
  });
}

/** Unlinks a file nobody holds. @returns false: held, gone, or another user's */
function removeUnheld(directory: number, name: Buffer): boolean {
  const fd = tryOpenAt(directory, name, O.RDWR | O.NONBLOCK);
  if (fd < 0) return false;
  try {
    if (!lockRange(fd, 0, 0, { wait: false })) return false;
    unlinkAt(directory, name);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM')) return false;
    throw error;
  } finally {
    closeFd(fd);
  }
}

/** They are made with a record and renamed at once, empty: whatever is in one is not ours to remove. */
function removeOldDirectory(tmp: number, name: Buffer, stat: Stat, nowMs: number): boolean {
  if (!isDirectory(stat) || ageOf(stat, nowMs) < DIRECTORY_MS) return false;
  try {
    rmdirAt(tmp, name);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EACCES', 'EPERM')) return false;
    throw error;
  }
}

/** Milliseconds since anything happened to it. A restored mtime makes nothing old. */
function ageOf(stat: Stat, nowMs: number): number {
  return nowMs - Number(stat.ctimeNs / 1_000_000n);
}

function sweepSteps(bucket: Bucket, path: string, pattern: RegExp, nowMs: number): number {
  return within(bucket.rootFd, path, (directory) => {
    let removed = 0;
    for (const { name, type } of readNamesList(directory)) {
      if ((type !== DT.REG && type !== DT.UNKNOWN) || !pattern.test(name.toString('latin1'))) continue;
      const stat = tryStatAt(directory, name);
      if (stat === undefined || !isFile(stat) || ageOf(stat, nowMs) < STEP_MS) continue;
      try {
        unlinkAt(directory, name);
        removed++;
      } catch (error) {
        if (!isErrno(error, 'ENOENT')) throw error;
      }
    }
    return removed;
  });
}

function sweepUnfinishedBuckets(directory: string, options: StoreOptions, nowMs: number): number {
  const store = openDirectory(directory);
  try {
    return within(store, `${RESERVED}/tmp`, (tmp) => {
      let removed = 0;
      for (const { name } of readNamesList(tmp)) {
        const step = name.toString('latin1');
        const stat = tryStatAt(tmp, name);
        if (!/^[0-9a-f]{24}$/.test(step) || !isBucketName(step) || stat === undefined) continue;
        if (!isDirectory(stat) || ageOf(stat, nowMs) < DIRECTORY_MS) continue;
        if (!holdsNothing(step, `${directory}/${RESERVED}/tmp/${step}`, options)) continue;
        removeTree(tmp, name);
        removed++;
      }
      return removed;
    });
  } finally {
    closeFd(store);
  }
}

/** A crash may have come between moving a bucket away and seeing that somebody had just put something into it. */
function holdsNothing(name: BucketName, directory: string, options: StoreOptions): boolean {
  const bucket = new Bucket(name, directory, false, options);
  try {
    return emptied(bucket);
  } finally {
    bucket.close();
  }
}
