/** Who owns a file and what its mode is: fchown(2), fchmod(2), and both for O_PATH descriptors. */
import { declared, lastError, libc } from './libc.js';
import { procPath } from './proc-path.js';
import { E, SystemError } from './system-error.js';

interface Calls {
  fchownat(dirFd: number, path: Buffer, uid: number, gid: number, flags: number): number;
  /** By syscall(2): the C libraries are older than the call. */
  fchmodat2(number: number, dirFd: number, path: Buffer, mode: number, flags: number): number;
  chmod(path: Buffer, mode: number): number;
}

const calls = declared<Calls>((declare) => ({
  fchownat: declare('fchownat', 'int', 'int', 'void *', 'uint', 'uint', 'int'),
  fchmodat2: declare('syscall', 'int', 'long', 'int', 'void *', 'uint', 'uint'),
  chmod: declare('chmod', 'int', 'void *', 'uint'),
}));

const AT_EMPTY_PATH = 0x1000;
/** The same on every processor. */
const SYS_FCHMODAT2 = 452;
const EMPTY = Buffer.from('\0');
const UNCHANGED = 0xffff_ffff;

/** -1 leaves that id as it is. The kernel clears set-id bits when it changes an owner: set the mode after. */
export function setOwner(fd: number, uid: number, gid: number): void {
  if (libc().fchown(fd, uid < 0 ? UNCHANGED : uid, gid < 0 ? UNCHANGED : gid) !== 0)
    throw lastError('fchown');
}

/** Permission bits, exactly: the umask does not apply. */
export function setMode(fd: number, mode: number): void {
  if (libc().fchmod(fd, mode & 0o7777) !== 0) throw lastError('fchmod');
}

/** As setOwner, for any descriptor: O_PATH too, and a symbolic link itself. */
export function setOwnerOf(fd: number, uid: number, gid: number): void {
  const newUid = uid < 0 ? UNCHANGED : uid;
  const newGid = gid < 0 ? UNCHANGED : gid;
  if (calls().fchownat(fd, EMPTY, newUid, newGid, AT_EMPTY_PATH) !== 0) throw lastError('fchownat');
}

/** fchmodat2 came with Linux 6.6. Learnt at the first refusal. */
let viaProc = false;

/** As setMode, for any descriptor, O_PATH too. @throws SystemError EOPNOTSUPP for a symbolic link, which has none */
export function setModeOf(fd: number, mode: number): void {
  if (!viaProc) {
    if (calls().fchmodat2(SYS_FCHMODAT2, fd, EMPTY, mode & 0o7777, AT_EMPTY_PATH) === 0) return;
    const errno = libc().errno();
    // A sandbox that knows no such call says EPERM, as a file of somebody else's does: the other way tells.
    if (errno !== E.ENOSYS && errno !== E.EPERM) throw new SystemError(errno, 'fchmodat2');
    viaProc = errno === E.ENOSYS;
  }
  if (calls().chmod(procPath(fd), mode & 0o7777) !== 0) throw lastError('fchmodat2');
}
