/**
 * The names of one directory at one moment, sorted as keys sort: by their UTF-8 bytes, a directory as `name/`.
 * Packed, because a million names as JavaScript strings would be half a gigabyte: one buffer of all names and
 * one array of where each starts; the slash at its end tells a directory.
 */
import { isUtf8 } from 'node:buffer';
import { DT, readNames } from '../os/names.js';
import { isDirectory, isFile, isSymlink, type Stat, tryStatAt } from '../os/stat.js';
import { RESERVED } from './layout.js';
import { sortNames } from './name-sort.js';

const SLASH = 0x2f;

export class Snapshot {
  readonly #names: Buffer;
  readonly #starts: Uint32Array;
  readonly count: number;
  /** The directory holds nothing at all, also nothing that cannot be listed. */
  readonly empty: boolean;
  /** Names that are not UTF-8, and so name no key. */
  readonly unnameable: number;
  /** Links were followed: what they lead to can change while the directory does not. */
  readonly followed: boolean;

  constructor(names: Buffer, starts: Uint32Array, seen: Seen) {
    this.#names = names;
    this.#starts = starts;
    this.count = starts.length - 1;
    this.empty = seen.empty;
    this.unnameable = seen.unnameable;
    this.followed = seen.followed;
  }

  /** What holding it costs. */
  get bytes(): number {
    return this.#names.byteLength + this.#starts.byteLength + 256;
  }

  isDirectory(index: number): boolean {
    return this.#names[(this.#starts[index + 1] ?? 0) - 1] === SLASH;
  }

  /** In bytes; a directory's slash counts. */
  length(index: number): number {
    return (this.#starts[index + 1] ?? 0) - (this.#starts[index] ?? 0);
  }

  /** `cat.jpg`, `photos/` */
  name(index: number): string {
    return this.#names.toString('utf8', this.#starts[index], this.#starts[index + 1]);
  }

  /** The first name at or behind `bound` in order, looking from index `from`; `count` when there is none. */
  lowerBound(bound: Buffer, from: number): number {
    let low = from;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(middle, bound) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  is(index: number, name: Buffer): boolean {
    return index < this.count && this.#compare(index, name) === 0;
  }

  #compare(index: number, name: Buffer): number {
    return this.#names.compare(name, 0, name.length, this.#starts[index], this.#starts[index + 1]);
  }
}

export type Kind = 'file' | 'directory' | undefined;

export interface SnapshotOptions {
  /** What a symbolic link leads to; without it links are left out. */
  readonly followLink?: ((name: Buffer) => Kind) | undefined;
  /** On a volume that folds names: the inode `.bucketree` reaches there, however its entry is spelled. */
  readonly reserved?: bigint | undefined;
}

interface Seen {
  readonly empty: boolean;
  readonly unnameable: number;
  readonly followed: boolean;
}

const RESERVED_BYTES = Buffer.from(RESERVED);
/** What is kept between readings; a directory that needed more gives it back. */
const KEPT_BYTES = 1024 * 1024;

/** Names as they are read, each with its NUL, and where they start. Reading does not nest. */
let raw = Buffer.allocUnsafeSlow(64 * 1024);
let rawStarts = new Uint32Array(4096);

/**
 * Reads the directory behind `fd` (open for reading).
 * @throws SystemError when it cannot be read
 */
export function readSnapshot(fd: number, options: SnapshotOptions = {}): Snapshot {
  let used = 0;
  let count = 0;
  let empty = true;
  let followed = false;
  readNames(fd, (chunk, start, end, type, ino) => {
    const length = end - start;
    if (length === RESERVED_BYTES.length && chunk.compare(RESERVED_BYTES, 0, length, start, end) === 0)
      return;
    if (ino === options.reserved && type === DT.DIR) return;
    empty = false;
    let directory = type === DT.DIR;
    if (type !== DT.REG && !directory) {
      if (type !== DT.UNKNOWN && (type !== DT.LNK || options.followLink === undefined)) return;
      const name = Buffer.from(chunk.subarray(start, end));
      const stat = type === DT.LNK ? undefined : tryStatAt(fd, name);
      const isLink = stat === undefined ? type === DT.LNK : isSymlink(stat);
      followed ||= isLink && options.followLink !== undefined;
      const kind = isLink ? options.followLink?.(name) : kindOf(stat);
      if (kind === undefined) return;
      directory = kind === 'directory';
    }
    if (raw.length < used + length + 2) raw = grown(raw, used);
    if (rawStarts.length === count) rawStarts = grownStarts(rawStarts);
    rawStarts[count++] = used;
    // Names are short: a loop costs less than a call.
    for (let at = start; at < end; at++) raw[used++] = chunk[at] ?? 0;
    if (directory) raw[used++] = SLASH;
    raw[used++] = 0;
  });
  const valid = isUtf8(raw.subarray(0, used)) ? count : keepUtf8(used, count);
  const snapshot = pack(valid, used, { empty, unnameable: count - valid, followed });
  if (raw.length > KEPT_BYTES) {
    raw = Buffer.allocUnsafeSlow(64 * 1024);
    rawStarts = new Uint32Array(4096);
  }
  return snapshot;
}

function kindOf(stat: Stat | undefined): Kind {
  if (stat === undefined) return undefined;
  if (isDirectory(stat)) return 'directory';
  return isFile(stat) ? 'file' : undefined;
}

function grown(bytes: Buffer, used: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(2 * bytes.length);
  bytes.copy(larger, 0, 0, used);
  return larger;
}

function grownStarts(starts: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * starts.length);
  larger.set(starts);
  return larger;
}

/** Forgets the names that are not UTF-8. @returns how many are left */
function keepUtf8(used: number, count: number): number {
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const start = rawStarts[i] ?? 0;
    const end = i + 1 < count ? (rawStarts[i + 1] ?? 0) : used;
    if (isUtf8(raw.subarray(start, end))) rawStarts[kept++] = start;
  }
  return kept;
}

/** @param used bytes of all names that were read, those left out too */
function pack(count: number, used: number, seen: Seen): Snapshot {
  const order = sortNames({ bytes: raw, starts: rawStarts, count });
  const starts = new Uint32Array(count + 1);
  const names = Buffer.allocUnsafe(used - count);
  let total = 0;
  for (let i = 0; i < count; i++) {
    starts[i] = total;
    for (let at = rawStarts[order[i] ?? 0] ?? 0; ; at++) {
      const byte = raw[at] ?? 0;
      if (byte === 0) break;
      names[total++] = byte;
    }
  }
  starts[count] = total;
  return new Snapshot(names, starts, seen);
}
