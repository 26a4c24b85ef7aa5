/**
 * Answers as bytes: the structures fuse_*_out of include/uapi/linux/fuse.h. Pure, into memory made before.
 * Each `put…` writes behind the header and returns how many bytes; `seal` puts the header before them.
 */
import type { Attributes, Entry, Fresh, HandleId, Missing, Statfs } from '../filesystem/filesystem.js';
import type { Message } from './message.js';
import { OUT_HEADER } from './protocol.js';

const LE = true;
const AT = OUT_HEADER;
const TWO_32 = 0x1_0000_0000;
const BILLION = 1_000_000_000;

/** struct fuse_out_header: len 0, error 4, unique 8. @returns the message's length */
export function seal({ view }: Message, unique: bigint, payload: number): number {
  const length = OUT_HEADER + payload;
  view.setUint32(0, length, LE);
  view.setInt32(4, 0, LE);
  view.setBigUint64(8, unique, LE);
  return length;
}

/** @param errno positive */
export function sealError({ view }: Message, unique: bigint, errno: number): number {
  view.setUint32(0, OUT_HEADER, LE);
  view.setInt32(4, -errno, LE);
  view.setBigUint64(8, unique, LE);
  return OUT_HEADER;
}

function putU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % TWO_32, LE);
  view.setUint32(at + 4, value / TWO_32, LE);
}

/** Seconds with a fraction: how long the kernel may believe something. */
function putValidity(view: DataView, secondsAt: number, nanosecondsAt: number, validity: number): void {
  const seconds = Math.floor(validity);
  putU64(view, secondsAt, seconds);
  view.setUint32(nanosecondsAt, (validity - seconds) * BILLION, LE);
}

/**
 * Whole seconds (signed, 64 bits) and the nanoseconds left. Division of bigints costs more than the rest of an
 * answer: the seconds come out of a double, at most one too many or too few, and the low words say which.
 */
function putTime(view: DataView, secondsAt: number, nanosecondsAt: number, time: bigint): void {
  view.setBigInt64(secondsAt, time, LE);
  const low = view.getInt32(secondsAt, LE);
  const high = view.getInt32(secondsAt + 4, LE);
  let seconds = Math.floor((high * TWO_32 + (low >>> 0)) / BILLION);
  let rest = (low - Math.imul(seconds | 0, BILLION)) | 0;
  if (rest < 0) {
    seconds -= 1;
    rest += BILLION;
  } else if (rest >= BILLION) {
    seconds += 1;
    rest -= BILLION;
  }
  view.setUint32(secondsAt, seconds, LE);
  view.setInt32(secondsAt + 4, Math.floor(seconds / TWO_32), LE);
  view.setUint32(nanosecondsAt, rest, LE);
}

/**
 * struct fuse_attr: ino 0, size 8, blocks 16, atime 24, mtime 32, ctime 40, atimensec 48, mtimensec 52,
 * ctimensec 56, mode 60, nlink 64, uid 68, gid 72, rdev 76, blksize 80, flags 84.
 */
function putAttributes(view: DataView, at: number, attributes: Attributes): void {
  view.setBigUint64(at, attributes.ino, LE);
  putU64(view, at + 8, attributes.size);
  putU64(view, at + 16, attributes.blocks);
  putTime(view, at + 24, at + 48, attributes.atimeNs);
  putTime(view, at + 32, at + 52, attributes.mtimeNs);
  putTime(view, at + 40, at + 56, attributes.ctimeNs);
  view.setUint32(at + 60, attributes.mode, LE);
  view.setUint32(at + 64, attributes.nlink, LE);
  view.setUint32(at + 68, attributes.uid, LE);
  view.setUint32(at + 72, attributes.gid, LE);
  view.setUint32(at + 76, attributes.rdev, LE);
  view.setUint32(at + 80, attributes.blockSize, LE);
  view.setUint32(at + 84, 0, LE);
}

export const ENTRY_BYTES = 128;

/**
 * struct fuse_entry_out: nodeid 0, generation 8, entry_valid 16, attr_valid 24, entry_valid_nsec 32,
 * attr_valid_nsec 36, attr 40. Node 0: no such name, for as long as the name is valid.
 */
export function putEntryAt(message: Message, at: number, entry: Entry | Missing): void {
  const { view, bytes } = message;
  if (entry.node === undefined) bytes.fill(0, at, at + ENTRY_BYTES);
  else {
    view.setBigUint64(at, entry.node, LE);
    view.setBigUint64(at + 8, entry.generation, LE);
    putValidity(view, at + 24, at + 36, entry.attributesFor);
    putAttributes(view, at + 40, entry.attributes);
  }
  putValidity(view, at + 16, at + 32, entry.nameFor);
}

export function putEntry(message: Message, entry: Entry | Missing): number {
  putEntryAt(message, AT, entry);
  return ENTRY_BYTES;
}

/** struct fuse_attr_out: attr_valid 0, attr_valid_nsec 8, attr 16. */
export function putFresh({ view }: Message, { attributes, attributesFor }: Fresh): number {
  putValidity(view, AT, AT + 8, attributesFor);
  view.setUint32(AT + 12, 0, LE);
  putAttributes(view, AT + 16, attributes);
  return 104;
}

/** struct fuse_sx_time: tv_sec 0, tv_nsec 8. */
function putStatxTime(view: DataView, at: number, time: bigint): void {
  putTime(view, at, at + 8, time);
}

const STATX_BASIC_STATS = 0x7ff;
const STATX_BTIME = 0x800;
const STATX_OUT = 288;

/**
 * struct fuse_statx_out: attr_valid 0, attr_valid_nsec 8, stat 32, which is struct fuse_statx: mask 0,
 * blksize 4, nlink 16, uid 20, gid 24, mode 28, ino 32, size 40, blocks 48, atime 64, btime 80, ctime 96,
 * mtime 112, rdev_major 128, rdev_minor 132.
 */
export function putStatx({ view, bytes }: Message, { attributes, attributesFor }: Fresh): number {
  const { birthtimeNs, rdev } = attributes;
  bytes.fill(0, AT, AT + STATX_OUT);
  putValidity(view, AT, AT + 8, attributesFor);
  const stat = AT + 32;
  view.setUint32(stat, birthtimeNs === undefined ? STATX_BASIC_STATS : STATX_BASIC_STATS | STATX_BTIME, LE);
  view.setUint32(stat + 4, attributes.blockSize, LE);
  view.setUint32(stat + 16, attributes.nlink, LE);
  view.setUint32(stat + 20, attributes.uid, LE);
  view.setUint32(stat + 24, attributes.gid, LE);
  view.setUint16(stat + 28, attributes.mode, LE);
  view.setBigUint64(stat + 32, attributes.ino, LE);
  putU64(view, stat + 40, attributes.size);
  putU64(view, stat + 48, attributes.blocks);
  putStatxTime(view, stat + 64, attributes.atimeNs);
  if (birthtimeNs !== undefined) putStatxTime(view, stat + 80, birthtimeNs);
  putStatxTime(view, stat + 96, attributes.ctimeNs);
  putStatxTime(view, stat + 112, attributes.mtimeNs);
  view.setUint32(stat + 128, (rdev >>> 8) & 0xfff, LE);
  view.setUint32(stat + 132, (rdev & 0xff) | ((rdev >>> 12) & 0xfff00), LE);
  return STATX_OUT;
}

/** struct fuse_open_out: fh 0, open_flags 8, backing_id 12. */
function putOpenAt(view: DataView, at: number, handle: HandleId, flags: number, backingId: number): void {
  view.setBigUint64(at, handle, LE);
  view.setUint32(at + 8, flags, LE);
  view.setInt32(at + 12, backingId, LE);
}

/** @param flags FOPEN @param backingId 0 without passthrough */
export function putOpened({ view }: Message, handle: HandleId, flags: number, backingId: number): number {
  putOpenAt(view, AT, handle, flags, backingId);
  return 16;
}

/** fuse_entry_out, then fuse_open_out. */
export function putCreated(
  message: Message,
  entry: Entry,
  handle: HandleId,
  flags: number,
  backingId: number,
): number {
  putEntryAt(message, AT, entry);
  putOpenAt(message.view, AT + ENTRY_BYTES, handle, flags, backingId);
  return ENTRY_BYTES + 16;
}

/** struct fuse_write_out and fuse_getxattr_out: size 0. */
export function putSize({ view }: Message, size: number): number {
  view.setUint32(AT, size, LE);
  view.setUint32(AT + 4, 0, LE);
  return 8;
}

/** struct fuse_lseek_out and fuse_copy_file_range_out: 64 bits. */
export function putLong({ view }: Message, value: number): number {
  putU64(view, AT, value);
  return 8;
}

export function putBytes({ bytes }: Message, value: Uint8Array): number {
  bytes.set(value, AT);
  return value.length;
}

/**
 * struct fuse_kstatfs: blocks 0, bfree 8, bavail 16, files 24, ffree 32, bsize 40, namelen 44, frsize 48, and
 * spares up to 80.
 */
export function putStatfs({ view, bytes }: Message, statfs: Statfs): number {
  bytes.fill(0, AT, AT + 80);
  view.setBigUint64(AT, statfs.blocks, LE);
  view.setBigUint64(AT + 8, statfs.free, LE);
  view.setBigUint64(AT + 16, statfs.available, LE);
  view.setBigUint64(AT + 24, statfs.files, LE);
  view.setBigUint64(AT + 32, statfs.filesFree, LE);
  view.setUint32(AT + 40, statfs.blockSize, LE);
  view.setUint32(AT + 44, statfs.nameMax, LE);
  view.setUint32(AT + 48, statfs.blockSize, LE);
  return 80;
}

/** What INIT answers, named as in struct fuse_init_out. */
export interface Welcome {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  readonly flags2: number;
  readonly maxBackground: number;
  readonly congestionThreshold: number;
  readonly maxWrite: number;
  readonly timeGranularity: number;
  readonly maxPages: number;
  readonly maxStackDepth: number;
}

/**
 * struct fuse_init_out: major 0, minor 4, max_readahead 8, flags 12, max_background 16, congestion_threshold
 * 18, max_write 20, time_gran 24, max_pages 28, flags2 32, max_stack_depth 36, and spares up to 64.
 */
export function putWelcome({ view, bytes }: Message, welcome: Welcome): number {
  bytes.fill(0, AT, AT + 64);
  view.setUint32(AT, welcome.major, LE);
  view.setUint32(AT + 4, welcome.minor, LE);
  view.setUint32(AT + 8, welcome.maxReadahead, LE);
  view.setUint32(AT + 12, welcome.flags, LE);
  view.setUint16(AT + 16, welcome.maxBackground, LE);
  view.setUint16(AT + 18, welcome.congestionThreshold, LE);
  view.setUint32(AT + 20, welcome.maxWrite, LE);
  view.setUint32(AT + 24, welcome.timeGranularity, LE);
  view.setUint16(AT + 28, welcome.maxPages, LE);
  view.setUint32(AT + 32, welcome.flags2, LE);
  view.setUint32(AT + 36, welcome.maxStackDepth, LE);
  return 64;
}
