/**
 * Locks on byte ranges of an open file description (fcntl(2), F_OFD_SETLK): they exclude other
 * descriptions in any thread or process, and go when the description's last descriptor is closed.
 */
import { libc } from './libc.js';
import { E, SystemError } from './system-error.js';

const F_OFD_SETLK = 37;
const F_OFD_SETLKW = 38;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;

export interface RangeLockOptions {
  /** Blocks the thread until the range is free; otherwise a taken range is `false` at once. */
  readonly wait: boolean;
  /** Shared locks admit each other (the descriptor must be readable); exclusive ones need it writable. */
  readonly shared?: boolean;
}

/** struct flock of the 64-bit systems: type, whence (SEEK_SET), start, length, pid (0 for OFD locks). */
const words = new ArrayBuffer(32);
const lock16 = new Int16Array(words);
const lock64 = new BigInt64Array(words);

function request(fd: number, command: number, type: number, start: number, length: number): boolean {
  const calls = libc();
  for (;;) {
    lock16[0] = type;
    lock64[1] = BigInt(start);
    lock64[2] = BigInt(length);
    if (calls.fcntlLock(fd, command, lock64) === 0) return true;
    const errno = calls.errno();
    if (errno === E.EAGAIN || errno === E.EACCES) return false;
    if (errno !== E.EINTR) throw new SystemError(errno, 'fcntl');
  }
}

/** Locks [start, start+length); length 0 reaches to the end whatever the size. False: taken (only without wait). */
export function lockRange(fd: number, start: number, length: number, options: RangeLockOptions): boolean {
  const command = options.wait ? F_OFD_SETLKW : F_OFD_SETLK;
  return request(fd, command, options.shared === true ? F_RDLCK : F_WRLCK, start, length);
}

/** Gives back any part of what this description holds; a range not held is fine. */
export function unlockRange(fd: number, start: number, length: number): void {
  request(fd, F_OFD_SETLK, F_UNLCK, start, length);
}
