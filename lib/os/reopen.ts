/** Opening what a descriptor already holds, proc_pid_fd(5): the same inode, whatever its name leads to by now. */
import { lastError, libc } from './libc.js';
import { O } from './open.js';
import { E, SystemError } from './system-error.js';

const AT_FDCWD = -100;
const F_DUPFD_CLOEXEC = 1030;

/**
 * @param fd may be O_PATH
 * @throws SystemError EACCES; EAGAIN (O_NONBLOCK, another's lease); ENOENT where /proc is not mounted
 */
export function reopen(fd: number, flags: number): number {
  const calls = libc();
  for (;;) {
    const opened = calls.openat(AT_FDCWD, `/proc/self/fd/${fd}`, flags | O.CLOEXEC, 0);
    if (opened >= 0) return opened;
    const errno = calls.errno();
    if (errno !== E.EINTR) throw new SystemError(errno, 'open');
  }
}

/** A second descriptor of the same open file: what it learns of failed writes, it learns like the first. */
export function duplicate(fd: number): number {
  const copy = libc().fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw lastError('fcntl');
  return copy;
}
