/** Who owns a file and what its mode is: fchown(2), fchmod(2). */
import { lastError, libc } from './libc.js';

/** -1 leaves that id as it is. The kernel clears set-id bits when it changes an owner: set the mode after. */
export function setOwner(fd: number, uid: number, gid: number): void {
  if (libc().fchown(fd, uid < 0 ? 0xffffffff : uid, gid < 0 ? 0xffffffff : gid) !== 0)
    throw lastError('fchown');
}

/** Permission bits, exactly: the umask does not apply. */
export function setMode(fd: number, mode: number): void {
  if (libc().fchmod(fd, mode & 0o7777) !== 0) throw lastError('fchmod');
}
