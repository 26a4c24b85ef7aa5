/**
 * A file's times, futimens(3) and utimensat(2), and the two clocks they are compared with, clock_gettime(2).
 * Nanoseconds since 1970 everywhere.
 */
import { declared, lastError, libc } from './libc.js';
import { procPath } from './proc-path.js';
import { E, SystemError } from './system-error.js';

const utimensat = declared((declare) =>
  declare<(dirFd: number, path: Buffer, times: BigInt64Array, flags: number) => number>(
    'utimensat',
    'int',
    'int',
    'void *',
    'void *',
    'int',
  ),
);

const CLOCK_REALTIME = 0;
const CLOCK_REALTIME_COARSE = 5;
const UTIME_OMIT = 0x3ffffffen;
const UTIME_NOW = 0x3fffffffn;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const EMPTY = Buffer.from('\0');
const SECOND = 1_000_000_000n;

/** Two struct timespec: access, modification. */
const times = new BigInt64Array(4);
const now = new BigInt64Array(2);

/** A point in time, the moment of the call, or: stays as it is. Before 1970 is fine. */
export type NewTime = bigint | 'now' | undefined;

function put(at: 0 | 2, time: NewTime): void {
  const isPoint = typeof time === 'bigint';
  const nanoseconds = isPoint ? ((time % SECOND) + SECOND) % SECOND : 0n;
  times[at] = isPoint ? (time - nanoseconds) / SECOND : 0n;
  times[at + 1] = isPoint ? nanoseconds : time === 'now' ? UTIME_NOW : UTIME_OMIT;
}

/** Sets the modification time and leaves the access time alone. Before 1970 is fine. */
export function setModified(fd: number, mtimeNs: bigint): void {
  put(0, undefined);
  put(2, mtimeNs);
  if (libc().futimens(fd, times) !== 0) throw lastError('futimens');
}

/** AT_EMPTY_PATH came with Linux 5.8. Learnt at the first refusal. */
let viaProc = false;

/** Access and modification time of what any descriptor, O_PATH too, is open on: a symbolic link itself. */
export function setTimes(fd: number, atime: NewTime, mtime: NewTime): void {
  put(0, atime);
  put(2, mtime);
  if (!viaProc) {
    if (utimensat()(fd, EMPTY, times, AT_EMPTY_PATH) === 0) return;
    const errno = libc().errno();
    if (errno !== E.EINVAL) throw new SystemError(errno, 'utimensat');
  }
  if (utimensat()(AT_FDCWD, procPath(fd), times, 0) !== 0) throw lastError('utimensat');
  viaProc = true;
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
