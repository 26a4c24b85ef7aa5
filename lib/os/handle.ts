/**
 * What names an inode for as long as it lives, whatever happens to its names: open_by_handle_at(2).
 * A handle costs no descriptor, outlives the process, and stops working (ESTALE) when the inode is gone.
 */
import { cEntry } from './c-string.js';
import { declared, lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

export interface FileHandle {
  readonly type: number;
  readonly bytes: Buffer;
}

interface Calls {
  nameToHandle(dirFd: number, name: string | Buffer, handle: Buffer, mountId: Buffer, flags: number): number;
  openByHandle(mountFd: number, handle: Buffer, flags: number): number;
}

const calls = declared<Calls>((declare) => ({
  nameToHandle: declare('name_to_handle_at', 'int', 'int', 'void *', 'void *', 'void *', 'int'),
  openByHandle: declare('open_by_handle_at', 'int', 'int', 'void *', 'int'),
}));

const AT_EMPTY_PATH = 0x1000;
const O_CLOEXEC = 0o2000000;
const FS_IOC_GETVERSION = 0x80087601;
const MAX_HANDLE_BYTES = 128;
const HEADER_BYTES = 8;
const EMPTY = Buffer.from('\0');

/** struct file_handle: how many bytes, their type, the bytes. */
const struct = Buffer.allocUnsafeSlow(HEADER_BYTES + MAX_HANDLE_BYTES);
const words = new Int32Array(struct.buffer, 0, 2);
const mountId = Buffer.allocUnsafeSlow(4);
const version = new Uint32Array(2);

function handleFrom(dirFd: number, name: string | Buffer, flags: number): FileHandle | undefined {
  words[0] = MAX_HANDLE_BYTES;
  if (calls().nameToHandle(dirFd, name, struct, mountId, flags) === 0) {
    const size = words[0];
    const bytes = Buffer.allocUnsafe(size);
    struct.copy(bytes, 0, HEADER_BYTES, HEADER_BYTES + size);
    return { type: words[1] ?? 0, bytes };
  }
  const errno = libc().errno();
  // EOVERFLOW: larger than any a filesystem may have, so one of those that only compare theirs.
  if (errno === E.EOPNOTSUPP || errno === E.ENOSYS || errno === E.EOVERFLOW) return undefined;
  throw new SystemError(errno, 'name_to_handle_at');
}

/** Of an entry, a symbolic link itself; undefined where the filesystem has no handles. @throws SystemError ENOENT */
export function handleAt(dirFd: number, name: string | Buffer): FileHandle | undefined {
  return handleFrom(dirFd, cEntry(name, 'name_to_handle_at'), 0);
}

/** Of what is open, O_PATH too. */
export function handleOf(fd: number): FileHandle | undefined {
  return handleFrom(fd, EMPTY, AT_EMPTY_PATH);
}

/**
 * Opens the inode, also one without a name that somebody keeps open. O_PATH opens any kind; anything else does
 * what open(2) does, waiting for a fifo's other end included.
 * @param mountFd anything open on that filesystem
 * @throws SystemError ESTALE when the inode is gone; EPERM without CAP_DAC_READ_SEARCH; ELOOP for a symbolic link without O_PATH
 */
export function openHandle(mountFd: number, handle: FileHandle, flags: number): number {
  words[0] = handle.bytes.length;
  words[1] = handle.type;
  handle.bytes.copy(struct, HEADER_BYTES);
  const fd = calls().openByHandle(mountFd, struct, flags | O_CLOEXEC);
  if (fd < 0) throw lastError('open_by_handle_at');
  return fd;
}

/**
 * What tells this inode from earlier ones with its number (i_generation); 0 where the filesystem does not say.
 * The descriptor is not O_PATH.
 */
export function generation(fd: number): number {
  if (libc().ioctlMemory(fd, FS_IOC_GETVERSION, version) === 0) return version[0] ?? 0;
  const errno = libc().errno();
  if (errno === E.ENOTTY || errno === E.EOPNOTSUPP || errno === E.ENOSYS || errno === E.EINVAL) return 0;
  throw new SystemError(errno, 'FS_IOC_GETVERSION');
}

/** Handles of linux/exportfs.h that start with 32 bits of inode number and 32 of generation: ext4, tmpfs, xfs … */
const INO32_GEN = [1, 2];

/** The same number out of the handle, with no call; undefined for the types of handle that hide it. */
export function generationIn(handle: FileHandle): number | undefined {
  return INO32_GEN.includes(handle.type) && handle.bytes.length >= 8
    ? handle.bytes.readUInt32LE(4)
    : undefined;
}
