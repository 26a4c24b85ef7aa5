/**
 * Extended attributes, xattr(7): names such as `user.etag`, values up to 64 KiB (filesystems allow less).
 * EOPNOTSUPP means the filesystem has none; ENOSPC, E2BIG, ERANGE and EDQUOT that the value does not fit.
 */
import { cEntry, cString } from './c-string.js';
import type { CString } from './c-string.js';
import { addressOf, lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

/** The kernel clears as many bytes as are offered, so the usual value is asked for with a small buffer. */
const usual = Buffer.allocUnsafeSlow(2048);
const XATTR_SIZE_MAX = 65_536;
let largest: Buffer | undefined;

function taken(from: Buffer, size: number): Buffer {
  const value = Buffer.allocUnsafe(size);
  from.copy(value, 0, 0, size);
  return value;
}

type Ask = (out: Buffer, size: number) => number;

/** The bytes `ask` yields, copied; undefined when there is no such attribute. */
function fetch(ask: Ask, syscall: string): Buffer | undefined {
  const calls = libc();
  let out: Buffer = usual;
  let size = ask(out, out.length);
  let errno = size < 0 ? calls.errno() : 0;
  if (errno === E.ERANGE) {
    out = largest ??= Buffer.allocUnsafeSlow(XATTR_SIZE_MAX);
    size = ask(out, out.length);
    errno = size < 0 ? calls.errno() : 0;
  }
  if (size >= 0) return taken(out, size);
  if (errno === E.ENODATA) return undefined;
  throw new SystemError(errno, syscall);
}

/** The value, or undefined when the file has no such attribute. The descriptor is not O_PATH. */
export function getAttribute(fd: number, name: string): Buffer | undefined {
  const calls = libc();
  const wanted = cString(name, 'fgetxattr');
  const size = calls.fgetxattr(fd, wanted, usual, 2048);
  if (size >= 0) return taken(usual, size);
  const errno = calls.errno();
  if (errno === E.ENODATA) return undefined;
  if (errno === E.ERANGE) return fetch((out, room) => calls.fgetxattr(fd, wanted, out, room), 'fgetxattr');
  throw new SystemError(errno, 'fgetxattr');
}

/** struct xattr_args of getxattrat(2): where the value goes, its size, flags. */
const usualArgs = new Uint32Array(new ArrayBuffer(16));
const AT_SYMLINK_NOFOLLOW = 0x100;
let hasGetxattrat = true;

function prepareUsualArgs(): void {
  new BigUint64Array(usualArgs.buffer)[0] = addressOf(usual);
  usualArgs[2] = usual.length;
}

/** /proc/self/fd/N/name: the entry of an open directory as a path. */
function procPath(dirFd: number, entry: CString): CString {
  const directory = `/proc/self/fd/${dirFd}/`;
  return typeof entry === 'string' ? directory + entry : Buffer.concat([Buffer.from(directory), entry]);
}

/** As getAttribute, without opening the file; a symbolic link is not followed. @throws SystemError ENOENT */
export function getAttributeAt(dirFd: number, name: string | Buffer, attribute: string): Buffer | undefined {
  const entry = cEntry(name, 'lgetxattr');
  const wanted = cString(attribute, 'lgetxattr');
  if (hasGetxattrat) {
    const calls = libc();
    if (usualArgs[2] === 0) prepareUsualArgs();
    const size = calls.getxattrat(dirFd, entry, AT_SYMLINK_NOFOLLOW, wanted, usualArgs, 16);
    if (size >= 0) return taken(usual, size);
    const errno = calls.errno();
    if (errno === E.ENODATA) return undefined;
    if (errno === E.ENOSYS || errno === E.EPERM) {
      // Sandboxes refuse calls they do not know with EPERM; a file that does so refuses the other way as well.
      const value = getAttributeByPath(dirFd, entry, wanted);
      hasGetxattrat = false;
      return value;
    }
    if (errno !== E.ERANGE) throw new SystemError(errno, 'getxattrat');
  }
  return getAttributeByPath(dirFd, entry, wanted);
}

/** As getAttributeAt, by a path through /proc: before Linux 6.13, and for values larger than usual. */
export function getAttributeByPath(dirFd: number, entry: CString, attribute: CString): Buffer | undefined {
  const path = procPath(dirFd, entry);
  return fetch((out, room) => libc().lgetxattr(path, attribute, out, room), 'lgetxattr');
}

/** Creates or replaces; a descriptor open for reading is enough when the user may write the file. */
export function setAttribute(fd: number, name: string, value: Uint8Array): void {
  const wanted = cString(name, 'fsetxattr');
  if (libc().fsetxattr(fd, wanted, value, value.byteLength, 0) !== 0) throw lastError('fsetxattr');
}

/** Removes; an absent attribute is fine. */
export function removeAttribute(fd: number, name: string): void {
  const calls = libc();
  if (calls.fremovexattr(fd, cString(name, 'fremovexattr')) === 0) return;
  const errno = calls.errno();
  if (errno !== E.ENODATA) throw new SystemError(errno, 'fremovexattr');
}

/** All names the user may see; none where the filesystem has no attributes. */
export function listAttributes(fd: number): string[] {
  const calls = libc();
  let names: Buffer | undefined;
  try {
    names = fetch((out, room) => calls.flistxattr(fd, out, room), 'flistxattr');
  } catch (error) {
    if (error instanceof SystemError && error.errno === E.EOPNOTSUPP) return [];
    throw error;
  }
  return (names?.toString() ?? '').split('\0').filter((name) => name !== '');
}

/** Whether the file's filesystem knows `user.` attributes at all. Whether one can be written is only told by writing. */
export function supportsAttributes(fd: number): boolean {
  const calls = libc();
  if (calls.fgetxattr(fd, 'user.bucketree.probe', usual, usual.length) >= 0) return true;
  const errno = calls.errno();
  if (errno === E.ENODATA || errno === E.ERANGE) return true;
  if (errno === E.EOPNOTSUPP || errno === E.ENOSYS) return false;
  throw new SystemError(errno, 'fgetxattr');
}
