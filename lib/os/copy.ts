/**
 * Bytes from file to file without passing through this process where the filesystem allows: reflinks
 * (ioctl_ficlone(2)), copy_file_range(2), and reading and writing where neither works. Holes stay holes.
 */
import { lastError, libc } from './libc.js';
import { readFd, writeFd } from './open.js';
import { statFd } from './stat.js';
import { E, SystemError } from './system-error.js';
import { copySome } from './transfer.js';

const FICLONE = 0x40049409;
const FICLONERANGE = 0x4020940d;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const FALLOC_PUNCH = 0x01 | 0x02;
const BLOCK_BYTES = 1024 * 1024;
/** One copy_file_range cannot be interrupted: bounded, so that a thread can be stopped between two. */
const STRIDE_BYTES = 256 * 1024 * 1024;

/** "Not between these two files", however a filesystem puts it. */
const UNABLE: readonly number[] = [
  E.EOPNOTSUPP,
  E.EXDEV,
  E.EINVAL,
  E.ENOTTY,
  E.ENOSYS,
  E.EPERM,
  E.ETXTBSY,
  E.EISDIR,
];

function unableOrThrow(syscall: string): false {
  const errno = libc().errno();
  if (UNABLE.includes(errno)) return false;
  throw new SystemError(errno, syscall);
}

/** Makes `to` share all of `from`'s bytes; false where the filesystem cannot. */
export function cloneFile(from: number, to: number): boolean {
  return libc().ioctl(to, FICLONE, from) === 0 || unableOrThrow('ioctl');
}

/** struct file_clone_range: source descriptor, offset, length (0: to the end), offset in the destination. */
const range = new BigInt64Array(4);

/** Shares a range; false where the filesystem cannot, or the range is not on its block boundaries. */
export function cloneRange(
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  length: number,
): boolean {
  // To the kernel 0 is "to the end of the file".
  if (length === 0) return true;
  range[0] = BigInt(from);
  range[1] = BigInt(fromOffset);
  range[2] = BigInt(length);
  range[3] = BigInt(toOffset);
  return libc().ioctlMemory(to, FICLONERANGE, range) === 0 || unableOrThrow('ioctl');
}

/** Bytes copied; 0 as well where the kernel cannot copy between these two. */
function unlessUnable(copy: () => number): number {
  try {
    return copy();
  } catch (error) {
    if (error instanceof SystemError && UNABLE.includes(error.errno)) return 0;
    throw error;
  }
}

let block: Buffer | undefined;

function copyThroughMemory(
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  length: number,
): number {
  const buffer = (block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES));
  let done = 0;
  while (done < length) {
    const count = readFd(from, buffer, 0, Math.min(BLOCK_BYTES, length - done), fromOffset + done);
    if (count === 0) break;
    writeFd(to, buffer, 0, count, toOffset + done);
    done += count;
  }
  return done;
}

/** Copies bytes, holes as zeros. Returns how many: fewer than `length` only when the source ends before. */
export function copyRange(
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  length: number,
): number {
  let done = 0;
  while (done < length) {
    const piece = Math.min(STRIDE_BYTES, length - done);
    const count = unlessUnable(() => copySome(from, fromOffset + done, to, toOffset + done, piece));
    if (count > 0) {
      done += count;
      continue;
    }
    // 0 may be the end, or a filesystem whose files have no size until read (procfs): reading tells.
    return done + copyThroughMemory(from, fromOffset + done, to, toOffset + done, length - done);
  }
  return done;
}

/** The first data, or hole, at or after `offset`; `end` when there is none before it. */
function seek(fd: number, offset: number, whence: number, end: number): number {
  const calls = libc();
  const at = calls.lseek(fd, offset, whence);
  if (at >= 0) return Math.min(at, end);
  const errno = calls.errno();
  if (errno === E.ENXIO) return end;
  // No notion of holes here: all is data.
  if (errno === E.EINVAL || errno === E.EOPNOTSUPP) return whence === SEEK_DATA ? offset : end;
  throw new SystemError(errno, 'lseek');
}

/** Makes a range read as zeros; free where it lies past the end of the file. */
export function punchHole(fd: number, offset: number, length: number): void {
  const inside = Math.min(offset + length, statFd(fd).size) - offset;
  if (inside <= 0 || libc().fallocate(fd, FALLOC_PUNCH, offset, inside) === 0) return;
  unableOrThrow('fallocate');
  const zeros = Buffer.alloc(Math.min(inside, BLOCK_BYTES));
  for (let done = 0; done < inside; done += zeros.length) {
    writeFd(fd, zeros, 0, Math.min(zeros.length, inside - done), offset + done);
  }
}

export function truncate(fd: number, size: number): void {
  if (libc().ftruncate(fd, size) !== 0) throw lastError('ftruncate');
}

export interface ContentRange {
  /** In the source; 0 when absent. */
  readonly offset?: number;
  /** Bytes; to the source's end when absent. */
  readonly length?: number;
  /** In the destination; 0 when absent. */
  readonly toOffset?: number;
}

/**
 * Copies content the cheapest way there is: sharing blocks, else copying data and keeping holes.
 * The destination is grown as needed, never shortened. Returns the bytes copied, less than `length` only
 * when the source ends before.
 */
export function copyContent(from: number, to: number, wanted: ContentRange = {}): number {
  const offset = wanted.offset ?? 0;
  const toOffset = wanted.toOffset ?? 0;
  const length = Math.max(0, Math.min(wanted.length ?? Infinity, statFd(from).size - offset));
  if (length === 0 || cloneRange(from, offset, to, toOffset, length)) return length;
  const end = offset + length;
  for (let at = offset; at < end;) {
    const data = seek(from, at, SEEK_DATA, end);
    if (data > at) punchHole(to, toOffset + at - offset, data - at);
    const hole = data < end ? seek(from, data, SEEK_HOLE, end) : end;
    const copied = copyRange(from, data, to, toOffset + data - offset, hole - data);
    if (copied < hole - data) return data + copied - offset;
    at = hole;
  }
  if (statFd(to).size < toOffset + length) truncate(to, toOffset + length);
  return length;
}
