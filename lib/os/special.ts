/** What is neither file nor directory: fifos, sockets and devices (mknod(2)), and what a symbolic link says. */
import { cEntry } from './c-string.js';
import type { CString } from './c-string.js';
import { declared, lastError, libc } from './libc.js';

const mknodat = declared((declare) =>
  declare<(dirFd: number, name: CString, mode: number, rdev: number) => number>(
    'mknodat',
    'int',
    'int',
    'void *',
    'uint',
    'uint64',
  ),
);

const PATH_MAX = 4096;
const EMPTY = Buffer.from('\0');
const target = Buffer.allocUnsafeSlow(PATH_MAX);

/**
 * A new entry of the kind in `mode` (S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK) with its permission bits less
 * the umask. `rdev` is a device's number as stat(2) gives it.
 * @throws SystemError EEXIST; EPERM for a device without CAP_MKNOD
 */
export function mknodAt(dirFd: number, name: string | Buffer, mode: number, rdev: number): void {
  if (mknodat()(dirFd, cEntry(name, 'mknodat'), mode, rdev) !== 0) throw lastError('mknodat');
}

/** Where a symbolic link points, by an O_PATH descriptor of it. @throws SystemError ENOENT when it is no link */
export function readLinkFd(fd: number): Buffer {
  const size = libc().readlinkat(fd, EMPTY, target, PATH_MAX);
  if (size < 0) throw lastError('readlinkat');
  return Buffer.from(target.subarray(0, size));
}
