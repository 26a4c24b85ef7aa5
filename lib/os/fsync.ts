/**
 * Bytes on the medium: fsync(2) and fdatasync(2) on libuv's pool, where waiting for a disk belongs; fsync at once
 * for the few places that must not let anything happen in between; and a hint to begin early, sync_file_range(2).
 */
import { fdatasync, fsync } from 'node:fs';
import { lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

type Sync = (fd: number, callback: (error: NodeJS.ErrnoException | null) => void) => void;

function run(sync: Sync, fd: number, syscall: string): Promise<void> {
  return new Promise((resolve, reject) => {
    sync(fd, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(new SystemError(Math.abs(error.errno ?? E.EIO), syscall));
    });
  });
}

/** Content and everything about the file; for a directory, its names. */
export function syncFd(fd: number): Promise<void> {
  return run(fsync, fd, 'fsync');
}

/** Content and size, not the times. */
export function dataSyncFd(fd: number): Promise<void> {
  return run(fdatasync, fd, 'fdatasync');
}

/** As syncFd, blocking this thread. */
export function syncFdNow(fd: number): void {
  if (libc().fsync(fd) !== 0) throw lastError('fsync');
}

const SYNC_FILE_RANGE_WRITE = 2;

/**
 * Makes the kernel begin to write what it has of these bytes (`length` 0: to the end), so that a sync, or a
 * rename(2) over another file (ext4's auto_da_alloc), finds little left to do. Tells nothing of success.
 */
export function startWriting(fd: number, offset: number, length: number): Promise<void> {
  return new Promise((resolve) => {
    libc().syncFileRangeLater(fd, offset, length, SYNC_FILE_RANGE_WRITE, () => resolve());
  });
}
