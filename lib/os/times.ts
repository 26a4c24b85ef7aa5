/**
 * A file's modification time, futimens(3), and the two clocks it is compared with, clock_gettime(2).
 * Nanoseconds since 1970 everywhere.
 */
import { lastError, libc } from './libc.js';

const CLOCK_REALTIME = 0;
const CLOCK_REALTIME_COARSE = 5;
const UTIME_OMIT = 0x3ffffffen;
const SECOND = 1_000_000_000n;

/** Two struct timespec: access, modification. */
const times = new BigInt64Array(4);
const now = new BigInt64Array(2);

/** Sets the modification time and leaves the access time alone. Before 1970 is fine. */
export function setModified(fd: number, mtimeNs: bigint): void {
  const nanoseconds = ((mtimeNs % SECOND) + SECOND) % SECOND;
  times[0] = 0n;
  times[1] = UTIME_OMIT;
  times[2] = (mtimeNs - nanoseconds) / SECOND;
  times[3] = nanoseconds;
  if (libc().futimens(fd, times) !== 0) throw lastError('futimens');
}

function read(clock: number): bigint {
  if (libc().clockGettime(clock, now) !== 0) throw lastError('clock_gettime');
  return (now[0] ?? 0n) * SECOND + (now[1] ?? 0n);
}

export function realtimeNs(): bigint {
  return read(CLOCK_REALTIME);
}

/** The clock most filesystems stamp files with: a few milliseconds behind realtimeNs, never ahead. */
export function coarseTimeNs(): bigint {
  return read(CLOCK_REALTIME_COARSE);
}
