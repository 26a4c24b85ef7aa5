/**
 * Names appearing, moving and going: linkat, renameat2, unlinkat, mkdirat, symlinkat.
 * Every name is one entry of the directory given with it.
 */
import { cEntry, cString } from './c-string.js';
import { lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_EMPTY_PATH = 0x1000;
const AT_REMOVEDIR = 0x200;
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

/** Naming a descriptor directly needs a privilege (or Linux 6.10); /proc needs none. Learnt at the first refusal. */
let viaProc = false;

/** Gives an open file (openTemporary's, say) a name. @throws SystemError EEXIST when the name is taken */
export function linkFd(fd: number, dirFd: number, name: string | Buffer): void {
  const calls = libc();
  const entry = cEntry(name, 'linkat');
  if (!viaProc) {
    if (calls.linkat(fd, '', dirFd, entry, AT_EMPTY_PATH) === 0) return;
    const errno = calls.errno();
    if (errno !== E.ENOENT && errno !== E.EPERM && errno !== E.EINVAL) throw new SystemError(errno, 'linkat');
  }
  if (calls.linkat(AT_FDCWD, `/proc/self/fd/${fd}`, dirFd, entry, AT_SYMLINK_FOLLOW) !== 0)
    throw lastError('linkat');
  viaProc = true;
}

/** A second name for a file. A symbolic link is not followed. */
export function linkAt(
  oldDir: number,
  oldName: string | Buffer,
  newDir: number,
  newName: string | Buffer,
): void {
  if (libc().linkat(oldDir, cEntry(oldName, 'linkat'), newDir, cEntry(newName, 'linkat'), 0) !== 0) {
    throw lastError('linkat');
  }
}

export interface RenameOptions {
  /** EEXIST when the new name is taken. EINVAL where the filesystem cannot promise it. */
  readonly noReplace?: boolean;
  /** Both names exist and swap, atomically. EINVAL where the filesystem cannot. */
  readonly exchange?: boolean;
}

export function renameAt(
  oldDir: number,
  oldName: string | Buffer,
  newDir: number,
  newName: string | Buffer,
  options?: RenameOptions,
): void {
  const flags =
    (options?.noReplace === true ? RENAME_NOREPLACE : 0) | (options?.exchange === true ? RENAME_EXCHANGE : 0);
  const from = cEntry(oldName, 'renameat2');
  const to = cEntry(newName, 'renameat2');
  const calls = libc();
  const result =
    flags === 0 ? calls.renameat(oldDir, from, newDir, to) : calls.renameat2(oldDir, from, newDir, to, flags);
  if (result === 0) return;
  const errno = calls.errno();
  // A kernel or sandbox without the call cannot keep the promise either: one answer for the caller to handle.
  throw new SystemError(flags !== 0 && errno === E.ENOSYS ? E.EINVAL : errno, 'renameat2');
}

/** Removes a name that is not a directory's. */
export function unlinkAt(dirFd: number, name: string | Buffer): void {
  if (libc().unlinkat(dirFd, cEntry(name, 'unlinkat'), 0) !== 0) throw lastError('unlinkat');
}

/** Removes an empty directory. @throws SystemError ENOTEMPTY, ENOTDIR … */
export function rmdirAt(dirFd: number, name: string | Buffer): void {
  if (libc().unlinkat(dirFd, cEntry(name, 'rmdir'), AT_REMOVEDIR) !== 0) throw lastError('rmdir');
}

/** The mode is cut by the process's umask. @throws SystemError EEXIST when the name is taken */
export function mkdirAt(dirFd: number, name: string | Buffer, mode: number): void {
  if (libc().mkdirat(dirFd, cEntry(name, 'mkdirat'), mode) !== 0) throw lastError('mkdirat');
}

/** A symbolic link with any text as its target. */
export function symlinkAt(text: string | Buffer, dirFd: number, name: string | Buffer): void {
  if (libc().symlinkat(cString(text, 'symlinkat'), dirFd, cEntry(name, 'symlinkat')) !== 0)
    throw lastError('symlinkat');
}
