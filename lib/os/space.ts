/** Where a file has bytes and where holes: fallocate(2), lseek(2). */
import { lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

/** Bits of fallocate's mode; 0 allocates and lets the file grow. */
export const FALLOC = {
  KEEP_SIZE: 0x01,
  PUNCH_HOLE: 0x02,
  COLLAPSE_RANGE: 0x08,
  ZERO_RANGE: 0x10,
  INSERT_RANGE: 0x20,
} as const;

export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** @throws SystemError EOPNOTSUPP where the filesystem cannot, ENOSPC, EFBIG … */
export function allocate(fd: number, mode: number, offset: number, length: number): void {
  const calls = libc();
  while (calls.fallocate(fd, mode, offset, length) !== 0) {
    const errno = calls.errno();
    if (errno !== E.EINTR) throw new SystemError(errno, 'fallocate');
  }
}

/** The next data or hole at or behind `offset`. @throws SystemError ENXIO: none before the end, or beyond the end */
export function seekFd(fd: number, offset: number, whence: number): number {
  const at = libc().lseek(fd, offset, whence);
  if (at < 0) throw lastError('lseek');
  return at;
}
