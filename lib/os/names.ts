/**
 * The names in a directory, by getdents64(2): bytes as they are on disk, a quarter of a megabyte at a time,
 * nothing allocated per name unless the visitor does. Order is the filesystem's.
 */
import { lastError, libc } from './libc.js';
import { E } from './system-error.js';

/** d_type of an entry; UNKNOWN means: ask statAt. */
export const DT = { UNKNOWN: 0, FIFO: 1, CHR: 2, DIR: 4, BLK: 6, REG: 8, LNK: 10, SOCK: 12 } as const;

/**
 * The name is `chunk` from `start` to `end`, valid only during the call. Returning false ends the reading.
 * `.` and `..` are left out.
 */
export type NameVisitor = (
  chunk: Buffer,
  start: number,
  end: number,
  type: number,
  ino: bigint,
) => boolean | void;

interface Chunk {
  readonly bytes: Buffer;
  readonly u16: Uint16Array;
  readonly u64: BigUint64Array;
}

const CHUNK_BYTES = 256 * 1024;
const HEADER_BYTES = 19;
const DOT = 0x2e;

/** One per level of nesting: a visitor may itself read a directory. */
const chunks: Chunk[] = [];
let depth = 0;

function chunkAt(level: number): Chunk {
  const known = chunks[level];
  if (known !== undefined) return known;
  const bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  return (chunks[level] = {
    bytes,
    u16: new Uint16Array(bytes.buffer),
    u64: new BigUint64Array(bytes.buffer),
  });
}

/** A record is padded to 8 bytes and only its terminator is sure to be NUL: look for the first in the padding. */
function nameEnd(bytes: Buffer, start: number, recordEnd: number): number {
  let end = Math.max(start, recordEnd - 8);
  while (end < recordEnd && bytes[end] !== 0) end += 1;
  return end;
}

/** Visits the records of one chunk. False when the visitor had enough. */
function visitChunk(chunk: Chunk, size: number, visit: NameVisitor): boolean {
  const { bytes, u16, u64 } = chunk;
  for (let at = 0; at < size;) {
    const recordEnd = at + (u16[(at >> 1) + 8] ?? 0);
    const start = at + HEADER_BYTES;
    const end = nameEnd(bytes, start, recordEnd);
    const isSelfOrParent =
      bytes[start] === DOT && (end === start + 1 || (end === start + 2 && bytes[start + 1] === DOT));
    if (!isSelfOrParent && visit(bytes, start, end, bytes[at + 18] ?? 0, u64[at >> 3] ?? 0n) === false)
      return false;
    at = recordEnd;
  }
  return true;
}

/** Reads a directory from its start; the descriptor is open for reading, not O_PATH, and not shared meanwhile. */
export function readNames(dirFd: number, visit: NameVisitor): void {
  const calls = libc();
  if (calls.lseek(dirFd, 0, 0) < 0) throw lastError('lseek');
  const chunk = chunkAt(depth);
  depth += 1;
  try {
    for (;;) {
      const size = calls.getdents64(dirFd, chunk.bytes, CHUNK_BYTES);
      if (size === 0) return;
      if (size < 0) {
        const error = lastError('getdents64');
        // The directory was removed while open: it has no names any more.
        if (error.errno === E.ENOENT) return;
        throw error;
      }
      if (!visitChunk(chunk, size, visit)) return;
    }
  } finally {
    depth -= 1;
  }
}

export interface NameEntry {
  readonly name: Buffer;
  readonly type: number;
}

/** All names at once, for directories known to be small. */
export function readNamesList(dirFd: number): NameEntry[] {
  const list: NameEntry[] = [];
  readNames(dirFd, (chunk, start, end, type) => {
    list.push({ name: Buffer.from(chunk.subarray(start, end)), type });
  });
  return list;
}
