/**
 * One lock per key, held only to publish: a byte of BUCKET/.bucketree/lock, at an offset the key hashes to,
 * by OFD locks (fcntl_locking(2)). The same lock excludes threads, worker processes, a separate mount and,
 * on a shared filesystem, machines.
 *
 * A locked section is synchronous. So a thread never holds one lock while it serves another request, and
 * waiting for a lock cannot deadlock as long as several are taken in ascending order. The kernel queues
 * waiters in the order they came. Only store threads come here; the thread that serves HTTP never waits.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeFd, O, openAt } from '../os/open.js';
import { lockRange, unlockRange } from '../os/range-lock.js';
import { statFd } from '../os/stat.js';
import { StoreError } from '../errors.js';
import type { Bucket } from './bucket.js';
import { RESERVED } from './layout.js';
import type { Eventually } from './store.js';

/** The bucket's settings: the offset of the empty key. */
export const SETTINGS_KEY = '';

/** 48 bits, never 0 for a key: two keys that collide merely wait for each other. */
function offsetOf(key: string): number {
  if (key === SETTINGS_KEY) return 0;
  return createHash('sha256').update(key).digest().readUIntBE(0, 6) + 1;
}

/** Runs `section` holding every key's lock. */
export function withKeys<T>(bucket: Bucket, keys: readonly string[], section: () => T): T {
  return locked(bucket, rangesOf(keys), section);
}

/** Runs `section` while nobody holds any key of the bucket: for DeleteBucket. */
export function withBucket<T>(bucket: Bucket, section: () => T): T {
  return locked(bucket, [WHOLE], section);
}

/**
 * As withKeys, on a thread that may not wait: at once when nobody holds the locks, as nearly always; otherwise
 * tried again until nobody does, without a place in the kernel's queue. `section` runs once.
 */
export function whenKeys<T>(bucket: Bucket, keys: readonly string[], section: () => T): Eventually<T> {
  return whenFree(bucket, rangesOf(keys), section);
}

/** As withBucket, on a thread that may not wait. */
export function whenBucket<T>(bucket: Bucket, section: () => T): Eventually<T> {
  return whenFree(bucket, [WHOLE], section);
}

const WHOLE: Range = { start: 0, length: 0 };

function rangesOf(keys: readonly string[]): Range[] {
  const offsets = [...new Set(keys.map(offsetOf))].sort((a, b) => a - b);
  return offsets.map((start) => ({ start, length: 1 }));
}

interface Range {
  readonly start: number;
  readonly length: number;
}

function locked<T>(bucket: Bucket, ranges: readonly Range[], section: () => T): T {
  return releasing(lockedDescriptor(bucket, ranges, true), ranges, section);
}

function releasing<T>(fd: number, ranges: readonly Range[], section: () => T): T {
  try {
    return section();
  } finally {
    release(fd, ranges);
  }
}

/** Pauses grow up to this: what is done under a lock takes less. */
const LONGEST_PAUSE_MS = 16;

function whenFree<T>(bucket: Bucket, ranges: readonly Range[], section: () => T): Eventually<T> {
  const fd = lockedDescriptor(bucket, ranges, false);
  return fd === undefined ? whenFreeLater(bucket, ranges, section) : releasing(fd, ranges, section);
}

async function whenFreeLater<T>(bucket: Bucket, ranges: readonly Range[], section: () => T): Promise<T> {
  for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    await sleep(pause);
    const fd = lockedDescriptor(bucket, ranges, false);
    if (fd !== undefined) return releasing(fd, ranges, section);
  }
}

/**
 * The lock file may be replaced while we wait for it (a bucket deleted and made again): then start over.
 * @returns undefined when somebody holds one of them and `wait` is false
 */
function lockedDescriptor(bucket: Bucket, ranges: readonly Range[], wait: true): number;
function lockedDescriptor(bucket: Bucket, ranges: readonly Range[], wait: boolean): number | undefined;
function lockedDescriptor(bucket: Bucket, ranges: readonly Range[], wait: boolean): number | undefined {
  for (let attempt = 0; attempt < 100; attempt++) {
    const fd = (bucket.lockFd ??= openLock(bucket));
    const held = takeAll(fd, ranges, wait);
    if (!held) return undefined;
    if (isCurrent(bucket, fd)) return fd;
    release(fd, ranges);
    bucket.lockFd = undefined;
    if (!bucket.isCurrent()) break;
  }
  throw new StoreError('NoSuchBucket', 'The specified bucket does not exist', { bucket: bucket.name });
}

/** @returns false: somebody holds one of them, and none is held by us */
function takeAll(fd: number, ranges: readonly Range[], wait: boolean): boolean {
  for (const [at, { start, length }] of ranges.entries()) {
    if (lockRange(fd, start, length, { wait })) continue;
    release(fd, ranges.slice(0, at));
    return false;
  }
  return true;
}

function release(fd: number, ranges: readonly Range[]): void {
  for (const range of ranges) unlockRange(fd, range.start, range.length);
}

function openLock(bucket: Bucket): number {
  const own = bucket.openOwn(RESERVED);
  try {
    return openAt(own, 'lock', O.RDWR | O.CREAT, 0o666);
  } finally {
    closeFd(own);
  }
}

/** The lock file is still linked, and the bucket still where its name leads. */
function isCurrent(bucket: Bucket, fd: number): boolean {
  return statFd(fd).nlink > 0 && bucket.isCurrent();
}
