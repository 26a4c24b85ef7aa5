/**
 * What the kernel knows about a file, by statx(2), and about its filesystem, by fstatfs(2).
 * Times are nanoseconds since 1970, so that two versions written within a millisecond differ.
 */
import { constants } from 'node:fs';
import { cEntry, cString } from './c-string.js';
import { lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

export interface Stat {
  /** As Node's `fs.Stats.dev`. */
  readonly dev: number;
  readonly ino: bigint;
  /** File type and permission bits. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** undefined where the filesystem does not keep it. */
  readonly birthtimeMs: number | undefined;
  /** undefined before Linux 5.8. */
  readonly mountId: number | undefined;
}

/** All of stat(2), for who has to hand it on. */
export interface FullStat extends Stat {
  /** Of a device node. */
  readonly rdev: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  readonly blockSize: number;
  readonly atimeNs: bigint;
  /** undefined where the filesystem does not keep it. */
  readonly birthtimeNs: bigint | undefined;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_BTIME = 0x800;
const STATX_MNT_ID = 0x1000;
const WANTED = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID;
const EMPTY = Buffer.from('\0');

/** struct statx, seen as 16, 32 and 64 bit words. */
const out = Buffer.allocUnsafeSlow(256);
const u16 = new Uint16Array(out.buffer);
const u32 = new Uint32Array(out.buffer);
const u64 = new BigUint64Array(out.buffer);
const i64 = new BigInt64Array(out.buffer);

const HIGH = 2 ** 32;

function word(index: number): number {
  return u32[index] ?? 0;
}

/** struct statx_timestamp at byte `8 * index`: seconds, nanoseconds. */
function timeNs(index: number): bigint {
  return (i64[index] ?? 0n) * 1_000_000_000n + BigInt(word(2 * index + 2));
}

/** Linux's dev_t as glibc's makedev(3) builds it, without leaving the safe integers. */
function device(major: number, minor: number): number {
  const low = ((major & 0xfff) << 8) | (minor & 0xff);
  const high = Math.floor(major / 0x1000) * 0x1000 * HIGH;
  return high + Math.floor(minor / 0x100) * 0x100 * 0x1000 + low;
}

function decode(): Stat {
  const mask = word(0);
  return {
    dev: device(word(34), word(35)),
    ino: u64[4] ?? 0n,
    mode: u16[14] ?? 0,
    nlink: word(4),
    uid: word(5),
    gid: word(6),
    size: word(10) + word(11) * HIGH,
    mtimeNs: timeNs(14),
    ctimeNs: timeNs(12),
    birthtimeMs:
      (mask & STATX_BTIME) === 0 ? undefined : (word(20) + (word(21) | 0) * HIGH) * 1000 + word(22) / 1e6,
    mountId: (mask & STATX_MNT_ID) === 0 ? undefined : word(36) + word(37) * HIGH,
  };
}

function decodeFull(): FullStat {
  const stat = decode() as { -readonly [Member in keyof FullStat]: FullStat[Member] };
  stat.rdev = device(word(32), word(33));
  stat.blocks = word(12) + word(13) * HIGH;
  stat.blockSize = word(1);
  stat.atimeNs = timeNs(8);
  stat.birthtimeNs = (word(0) & STATX_BTIME) === 0 ? undefined : timeNs(10);
  return stat;
}

/** Any descriptor, O_PATH too. */
export function statFd(fd: number): Stat {
  if (libc().statx(fd, EMPTY, AT_EMPTY_PATH, WANTED, out) !== 0) throw lastError('statx');
  return decode();
}

/** As statFd. */
export function fullStatFd(fd: number): FullStat {
  if (libc().statx(fd, EMPTY, AT_EMPTY_PATH, WANTED, out) !== 0) throw lastError('statx');
  return decodeFull();
}

/** The entry itself: a symbolic link is not followed. @throws SystemError ENOENT, EINVAL (not one name) … */
export function statAt(dirFd: number, name: string | Buffer): Stat {
  const stat = tryStatAt(dirFd, name);
  if (stat === undefined) throw new SystemError(E.ENOENT, 'statx');
  return stat;
}

/** As statAt; undefined when there is no such entry, without the cost of an exception. */
export function tryStatAt(dirFd: number, name: string | Buffer): Stat | undefined {
  const calls = libc();
  if (calls.statx(dirFd, cEntry(name, 'statx'), AT_SYMLINK_NOFOLLOW, WANTED, out) === 0) return decode();
  const errno = calls.errno();
  if (errno === E.ENOENT) return undefined;
  throw new SystemError(errno, 'statx');
}

/** As tryStatAt. */
export function tryFullStatAt(dirFd: number, name: string | Buffer): FullStat | undefined {
  const calls = libc();
  if (calls.statx(dirFd, cEntry(name, 'statx'), AT_SYMLINK_NOFOLLOW, WANTED, out) === 0) return decodeFull();
  const errno = calls.errno();
  if (errno === E.ENOENT) return undefined;
  throw new SystemError(errno, 'statx');
}

const AT_FDCWD = -100;

/** What stands at any path, links followed: for roots the administrator named. undefined: nothing. */
export function tryStatPath(path: string): Stat | undefined {
  return tryStat(AT_FDCWD, path, 0);
}

/**
 * What stands at any path; a link at its end is not followed, those on the way are.
 * @param from where a relative path begins: an open directory
 */
export function tryStatLink(path: string, from = AT_FDCWD): Stat | undefined {
  return tryStat(from, path, AT_SYMLINK_NOFOLLOW);
}

function tryStat(from: number, path: string, flags: number): Stat | undefined {
  const calls = libc();
  if (calls.statx(from, cString(path, 'statx'), flags, WANTED, out) === 0) return decode();
  const errno = calls.errno();
  if (errno === E.ENOENT || errno === E.ENOTDIR) return undefined;
  throw new SystemError(errno, 'statx');
}

export function isFile(stat: Pick<Stat, 'mode'>): boolean {
  return (stat.mode & constants.S_IFMT) === constants.S_IFREG;
}

export function isDirectory(stat: Pick<Stat, 'mode'>): boolean {
  return (stat.mode & constants.S_IFMT) === constants.S_IFDIR;
}

export function isSymlink(stat: Pick<Stat, 'mode'>): boolean {
  return (stat.mode & constants.S_IFMT) === constants.S_IFLNK;
}

export interface FileSystem {
  /** f_type, unsigned: 0xef53 is ext4. linux/magic.h has the others. */
  readonly type: number;
  readonly readOnly: boolean;
  /** The unit of the three counts of blocks. */
  readonly blockSize: number;
  readonly blocks: bigint;
  readonly free: bigint;
  /** Of `free`, what is not kept for root. */
  readonly available: bigint;
  readonly files: bigint;
  readonly filesFree: bigint;
  readonly totalBytes: number;
  /** What an unprivileged user may still write. */
  readonly freeBytes: number;
  readonly freeFiles: number;
  /** The longest name, in bytes. */
  readonly nameMax: number;
}

const ST_RDONLY = 1;

/** The filesystem a descriptor lives on (struct statfs of the 64-bit systems). */
export function fileSystem(fd: number): FileSystem {
  if (libc().fstatfs(fd, out) !== 0) throw lastError('fstatfs');
  const blockSize = Number(i64[9] ?? 0n) || Number(i64[1] ?? 0n);
  return {
    type: word(0),
    readOnly: (word(20) & ST_RDONLY) !== 0,
    blockSize,
    blocks: u64[2] ?? 0n,
    free: u64[3] ?? 0n,
    available: u64[4] ?? 0n,
    files: u64[5] ?? 0n,
    filesFree: u64[6] ?? 0n,
    totalBytes: Number(u64[2] ?? 0n) * blockSize,
    freeBytes: Number(u64[4] ?? 0n) * blockSize,
    freeFiles: Number(u64[6] ?? 0n),
    nameMax: word(16),
  };
}
