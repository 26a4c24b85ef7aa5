/**
 * Opening, never outside a directory: openat2(2) with RESOLVE_BENEATH, or a walk where the kernel has no
 * such call; then reading, writing and closing what was opened. Every descriptor is close-on-exec.
 */
import { close, constants } from 'node:fs';
import { cEntry, cString, tryCEntry, tryCString } from './c-string.js';
import type { CString } from './c-string.js';
import { lastError, libc } from './libc.js';
import { walkBeneath } from './open-walk.js';
import { statFd } from './stat.js';
import { E, SystemError } from './system-error.js';

const TMPFILE_BIT = 0o20000000;

/** Flags of open(2); O_CLOEXEC is always added. */
export const O = {
  RDONLY: constants.O_RDONLY,
  WRONLY: constants.O_WRONLY,
  RDWR: constants.O_RDWR,
  CREAT: constants.O_CREAT,
  EXCL: constants.O_EXCL,
  TRUNC: constants.O_TRUNC,
  APPEND: constants.O_APPEND,
  DIRECTORY: constants.O_DIRECTORY,
  NOFOLLOW: constants.O_NOFOLLOW,
  NOCTTY: constants.O_NOCTTY,
  NONBLOCK: constants.O_NONBLOCK,
  NOATIME: constants.O_NOATIME,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
  TMPFILE: TMPFILE_BIT | constants.O_DIRECTORY,
} as const;

export interface OpenOptions {
  /** Follow symbolic links whose targets stay beneath the directory. Without it, any link is ELOOP. */
  readonly followSymlinks?: boolean;
}

const AT_FDCWD = -100;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
/** A rename beside the path makes the kernel give up with EAGAIN; a storm of them is the caller's to see. */
const ATTEMPTS = 16;

/** struct open_how: flags, mode, resolve, 64 bits each. */
const how = new Uint32Array(new ArrayBuffer(24));

let hasOpenat2 = true;

/** EPERM may be a sandbox that knows no openat2, or a real refusal: the directory itself tells which. */
function refusesOpenat2(rootFd: number, errno: number): boolean {
  if (errno === E.ENOSYS) return true;
  if (errno !== E.EPERM) return false;
  how[0] = O.PATH | O.CLOEXEC;
  how[2] = 0;
  how[4] = RESOLVE_BENEATH;
  const probe = libc().openat2(rootFd, '.', how, how.byteLength);
  if (probe >= 0) libc().close(probe);
  return probe < 0 && libc().errno() === E.EPERM;
}

/** As openBeneath, but a failure is the negated errno and never an exception: -E.ENOENT, -E.ELOOP, -E.EXDEV … */
export function tryOpenBeneath(
  rootFd: number,
  path: string | Buffer,
  flags: number,
  mode = 0,
  options?: OpenOptions,
): number {
  const follow = options?.followSymlinks === true;
  const name = path.length === 0 ? '.' : tryCString(path);
  if (name === undefined) return -E.EINVAL;
  const calls = libc();
  for (let attempt = 0; hasOpenat2; attempt += 1) {
    how[0] = flags | O.CLOEXEC;
    how[2] = (flags & (O.CREAT | TMPFILE_BIT)) === 0 ? 0 : mode;
    how[4] = follow
      ? RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
      : RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
    const fd = calls.openat2(rootFd, name, how, 24);
    if (fd >= 0) return fd;
    const errno = calls.errno();
    if ((errno === E.EAGAIN || errno === E.EINTR) && attempt < ATTEMPTS) continue;
    if (!refusesOpenat2(rootFd, errno)) return -errno;
    hasOpenat2 = false;
  }
  return walkBeneath(rootFd, path, flags, mode, follow);
}

/**
 * Opens a path at or below a directory, whatever links and renames say; mounts may be crossed.
 * '' and '.' are the directory itself. Leading out is EXDEV, a symbolic link ELOOP (see OpenOptions).
 */
export function openBeneath(
  rootFd: number,
  path: string | Buffer,
  flags: number,
  mode = 0,
  options?: OpenOptions,
): number {
  const fd = tryOpenBeneath(rootFd, path, flags, mode, options);
  if (fd < 0) throw new SystemError(-fd, 'openat2');
  return fd;
}

function openName(dirFd: number, name: CString, flags: number, mode: number): number {
  const calls = libc();
  for (;;) {
    const fd = calls.openat(dirFd, name, flags | O.CLOEXEC, mode);
    if (fd >= 0) return fd;
    const errno = calls.errno();
    if (errno !== E.EINTR) return -errno;
  }
}

/** As openAt, but a failure is the negated errno and never an exception. */
export function tryOpenAt(dirFd: number, name: string | Buffer, flags: number, mode = 0): number {
  const entry = tryCEntry(name);
  return entry === undefined ? -E.EINVAL : openName(dirFd, entry, flags | O.NOFOLLOW, mode);
}

/** Opens one entry of a directory, O_NOFOLLOW: a symbolic link is ELOOP. */
export function openAt(dirFd: number, name: string | Buffer, flags: number, mode = 0): number {
  const fd = openName(dirFd, cEntry(name, 'openat'), flags | O.NOFOLLOW, mode);
  if (fd < 0) throw new SystemError(-fd, 'openat');
  return fd;
}

/** The directory above, which no name of an entry can ask for. @throws SystemError ENOENT when it was removed */
export function openParent(dirFd: number, flags: number): number {
  const fd = openName(dirFd, '..', flags | O.DIRECTORY, 0);
  if (fd < 0) throw new SystemError(-fd, 'openat');
  return fd;
}

/** A directory to stand on, by any path, links followed: for roots the administrator named. */
export function openDirectory(path: string | Buffer): number {
  const fd = openName(AT_FDCWD, cString(path, 'open'), O.RDONLY | O.DIRECTORY, 0);
  if (fd < 0) throw new SystemError(-fd, 'open');
  return fd;
}

/**
 * A nameless file (O_TMPFILE, read and write) that linkFd can name; undefined where the filesystem has none.
 * @throws SystemError ENOENT in a directory that was removed, as for every other new entry: ext4 says EPERM
 */
export function openTemporary(dirFd: number, mode: number): number | undefined {
  const fd = openName(dirFd, '.', O.TMPFILE | O.RDWR, mode);
  if (fd >= 0) return fd;
  // EISDIR: the bit is unknown, so this was "open a directory for writing".
  if ([E.EOPNOTSUPP, E.EISDIR, E.EINVAL, E.ENOSYS].includes(-fd)) return undefined;
  const removed = -fd === E.EPERM && statFd(dirFd).nlink === 0;
  throw new SystemError(removed ? E.ENOENT : -fd, 'open');
}

/** Closes once: after EINTR the descriptor is gone all the same. @throws SystemError EBADF; EIO, ENOSPC, EDQUOT */
export function closeFd(fd: number): void {
  const calls = libc();
  if (calls.close(fd) === 0) return;
  const errno = calls.errno();
  if (errno !== E.EINTR) throw new SystemError(errno, 'close');
}

/** As closeFd, on libuv's pool: the last descriptor of a large deleted file takes the kernel a while to let go of. */
export function closeLater(fd: number): void {
  close(fd, () => undefined);
}

function part(buffer: Uint8Array, offset: number, length: number): Uint8Array {
  if (!(offset >= 0 && length >= 0 && offset + length <= buffer.byteLength)) {
    throw new RangeError(`${offset}+${length} is outside a buffer of ${buffer.byteLength} bytes`);
  }
  return offset === 0 ? buffer : buffer.subarray(offset, offset + length);
}

/** pread(2) until `length` bytes or the end of the file. Returns the bytes read. */
export function readFd(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  const calls = libc();
  let done = 0;
  while (done < length) {
    const count = calls.pread(fd, part(buffer, offset + done, length - done), length - done, position + done);
    if (count > 0) {
      done += count;
    } else if (count === 0) {
      break;
    } else {
      const errno = calls.errno();
      if (errno !== E.EINTR) throw new SystemError(errno, 'pread');
    }
  }
  return done;
}

/** pwrite(2) until all `length` bytes are written. */
export function writeFd(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
): void {
  const calls = libc();
  let done = 0;
  while (done < length) {
    const count = calls.pwrite(
      fd,
      part(buffer, offset + done, length - done),
      length - done,
      position + done,
    );
    if (count > 0) {
      done += count;
    } else if (count === 0) {
      throw lastError('pwrite');
    } else {
      const errno = calls.errno();
      if (errno !== E.EINTR) throw new SystemError(errno, 'pwrite');
    }
  }
}
