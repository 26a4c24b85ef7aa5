/**
 * Extended attributes, xattr(7), by descriptors that are only a place (O_PATH), of every kind of file and in
 * every namespace: `user.`, `trusted.`, `security.`, `system.posix_acl_access`. Names go as bytes.
 */
import { cString } from './c-string.js';
import type { CString } from './c-string.js';
import { declared, lastError, libc } from './libc.js';
import { procPath } from './proc-path.js';
import { E, SystemError } from './system-error.js';

interface Calls {
  getxattr(path: Buffer, name: CString, out: Buffer, size: number): number;
  setxattr(path: Buffer, name: CString, value: Uint8Array, size: number, flags: number): number;
  removexattr(path: Buffer, name: CString): number;
  listxattr(path: Buffer, out: Buffer, size: number): number;
}

const calls = declared<Calls>((declare) => ({
  getxattr: declare('getxattr', 'long', 'void *', 'void *', 'void *', 'size_t'),
  setxattr: declare('setxattr', 'int', 'void *', 'void *', 'void *', 'size_t', 'int'),
  removexattr: declare('removexattr', 'int', 'void *', 'void *'),
  listxattr: declare('listxattr', 'long', 'void *', 'void *', 'size_t'),
}));

/** Flags of setAttributeOf; 0 creates or replaces. */
export const XATTR = { CREATE: 1, REPLACE: 2 } as const;

/** The kernel clears as many bytes as are offered, so the usual value is asked for with a small buffer. */
const USUAL_BYTES = 1024;
const XATTR_SIZE_MAX = 65_536;
const usual = Buffer.allocUnsafeSlow(USUAL_BYTES);
const NONE = Buffer.alloc(0);
let largest: Buffer | undefined;

function taken(size: number, from: Buffer): Buffer {
  return size === 0 ? NONE : Buffer.from(from.subarray(0, size));
}

/** undefined when the file has no such attribute. @throws SystemError EOPNOTSUPP where it can have none, ERANGE … */
export function getAttributeOf(fd: number, name: string | Buffer): Buffer | undefined {
  const { getxattr } = calls();
  const wanted = cString(name, 'getxattr');
  let size = getxattr(procPath(fd), wanted, usual, USUAL_BYTES);
  if (size >= 0) return taken(size, usual);
  let errno = libc().errno();
  if (errno === E.ERANGE) {
    largest ??= Buffer.allocUnsafeSlow(XATTR_SIZE_MAX);
    size = getxattr(procPath(fd), wanted, largest, XATTR_SIZE_MAX);
    if (size >= 0) return taken(size, largest);
    errno = libc().errno();
  }
  if (errno === E.ENODATA) return undefined;
  throw new SystemError(errno, 'getxattr');
}

/** @throws SystemError EEXIST, ENODATA as the flags want it; EPERM for `user.` on what is no file or directory */
export function setAttributeOf(fd: number, name: string | Buffer, value: Uint8Array, flags = 0): void {
  const wanted = cString(name, 'setxattr');
  if (calls().setxattr(procPath(fd), wanted, value, value.byteLength, flags) !== 0)
    throw lastError('setxattr');
}

/** @throws SystemError ENODATA when there is none */
export function removeAttributeOf(fd: number, name: string | Buffer): void {
  if (calls().removexattr(procPath(fd), cString(name, 'removexattr')) !== 0) throw lastError('removexattr');
}

/** Every name followed by a NUL, as listxattr(2) has it; empty where the filesystem has no attributes. */
export function listAttributesOf(fd: number): Buffer {
  const { listxattr } = calls();
  let size = listxattr(procPath(fd), usual, USUAL_BYTES);
  if (size >= 0) return taken(size, usual);
  let errno = libc().errno();
  if (errno === E.ERANGE) {
    largest ??= Buffer.allocUnsafeSlow(XATTR_SIZE_MAX);
    size = listxattr(procPath(fd), largest, XATTR_SIZE_MAX);
    if (size >= 0) return taken(size, largest);
    errno = libc().errno();
  }
  if (errno === E.EOPNOTSUPP) return NONE;
  throw new SystemError(errno, 'listxattr');
}
