/**
 * /dev/fuse as bytes: requests read, answers written, files lent to the kernel for passthrough
 * (linux/fuse.h, fuse(4), Documentation/filesystems/fuse-passthrough.rst). What they mean is not its business.
 */
import { declared, lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

const write = declared((declare) =>
  declare<(fd: number, from: Uint8Array, length: number) => number>(
    'write',
    'long',
    'int',
    'void *',
    'size_t',
  ),
);

const AT_FDCWD = -100;
const O_RDWR_NONBLOCK_CLOEXEC = 0o2 | 0o4000 | 0o2000000;
const BACKING_OPEN = 0x4010_e501;
const BACKING_CLOSE = 0x4004_e502;

/** struct fuse_backing_map: descriptor, flags, padding. */
const backing = new Int32Array(4);
const backingId = new Uint32Array(1);

/** A descriptor that is not connected to a mount yet; never blocks. @throws SystemError ENOENT, EACCES, ENODEV, EPERM */
export function openFuse(): number {
  const fd = libc().openat(AT_FDCWD, '/dev/fuse', O_RDWR_NONBLOCK_CLOEXEC, 0);
  if (fd < 0) throw lastError('open');
  return fd;
}

/**
 * One request into `into`. Its bytes; -1 when there is none now; 0 when the mount is gone.
 * @throws SystemError EPERM before it is mounted; EIO when the request is larger than `into`, and is lost
 */
export function readDevice(fd: number, into: Uint8Array): number {
  const calls = libc();
  for (;;) {
    const size = calls.read(fd, into, into.byteLength);
    if (size > 0) return size;
    if (size === 0) return 0;
    const errno = calls.errno();
    if (errno === E.EAGAIN) return -1;
    if (errno === E.ENODEV || errno === E.ECONNABORTED) return 0;
    // ENOENT: the request was interrupted between the poll and the read.
    if (errno !== E.EINTR && errno !== E.ENOENT) throw new SystemError(errno, 'read');
  }
}

/** One answer or notification, whole: the first `length` bytes. 0, or the errno: ENOENT when nobody waits for it any more. */
export function writeDevice(fd: number, from: Uint8Array, length: number = from.byteLength): number {
  const calls = libc();
  for (;;) {
    if (write()(fd, from, length) >= 0) return 0;
    const errno = calls.errno();
    if (errno !== E.EINTR) return errno;
  }
}

/** Lends the kernel an open file. The number is for FUSE_OPEN's answer. @throws SystemError EPERM, ENOTTY, ELOOP … */
export function backingOpen(fuseFd: number, fd: number): number {
  backing[0] = fd;
  backing[1] = 0;
  const id = libc().ioctlMemory(fuseFd, BACKING_OPEN, backing);
  if (id < 0) throw lastError('FUSE_DEV_IOC_BACKING_OPEN');
  return id;
}

/** Takes the file back; opens that use it go on. @throws SystemError ENOENT */
export function backingClose(fuseFd: number, id: number): void {
  backingId[0] = id;
  if (libc().ioctlMemory(fuseFd, BACKING_CLOSE, backingId) !== 0)
    throw lastError('FUSE_DEV_IOC_BACKING_CLOSE');
}
