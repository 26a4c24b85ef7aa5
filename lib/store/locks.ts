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
import { closeFd, O, openAt } from '../os/open.js';
import { lockRange, unlockRange } from '../os/range-lock.js';
import { statFd } from '../os/stat.js';
import { StoreError } from '../errors.js';
import type { Bucket } from './bucket.js';
import { RESERVED } from './layout.js';

/** The bucket's settings: the offset of the empty key. */
export const SETTINGS_KEY = '';

/** 48 bits, never 0 for a key: two keys that collide merely wait for each other. */
function offsetOf(key: string): number {
  if (key === SETTINGS_KEY) return 0;
  return createHash('sha256').update(key).digest().readUIntBE(0, 6) + 1;
}

/** Runs `section` holding every key's lock. */
export function withKeys<T>(bucket: Bucket, keys: readonly string[], section: () => T): T {
  const offsets = [...new Set(keys.map(offsetOf))].sort((a, b) => a - b);
  return locked(
    bucket,
    offsets.map((start) => ({ start, length: 1 })),
    section,
  );
}

/** Runs `section` while nobody holds any key of the bucket: for DeleteBucket. */
export function withBucket<T>(bucket: Bucket, section: () => T): T {
  return locked(bucket, [{ start: 0, length: 0 }], section);
}

interface Range {
  readonly start: number;
  readonly length: number;
}

function locked<T>(bucket: Bucket, ranges: readonly Range[], section: () => T): T {
  const fd = lockedDescriptor(bucket, ranges);
  try {
    return section();
  } finally {
    release(fd, ranges);
  }
}

/** The lock file may be replaced while we wait for it (a bucket deleted and made again): then start over. */
function lockedDescriptor(bucket: Bucket, ranges: readonly Range[]): number {
  for (let attempt = 0; attempt < 100; attempt++) {
    const fd = (bucket.lockFd ??= openLock(bucket));
    for (const range of ranges) lockRange(fd, range.start, range.length, { wait: true });
    if (isCurrent(bucket, fd)) return fd;
    release(fd, ranges);
    bucket.lockFd = undefined;
    if (!bucket.isCurrent()) break;
  }
  throw new StoreError('NoSuchBucket', 'The specified bucket does not exist', { bucket: bucket.name });
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
