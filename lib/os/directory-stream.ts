/**
 * A directory read piece by piece, by getdents64(2): each entry with its position (d_off), which stays good while
 * other entries come and go. `.` and `..` are among them.
 */
import { declared, lastError, libc } from './libc.js';
import { E } from './system-error.js';

const seek = declared((declare) =>
  declare<(fd: number, offset: bigint, whence: number) => number | bigint>(
    'lseek',
    'long',
    'int',
    'long',
    'int',
  ),
);

/** One entry, valid during the call. `next` is the position behind it. False: this one was not taken, stop. */
export type EntryVisitor = (name: Buffer, type: number, ino: bigint, next: bigint) => boolean;

const CHUNK_BYTES = 32 * 1024;
const HEADER_BYTES = 19;

export class DirectoryStream {
  readonly #fd: number;
  readonly #bytes = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  readonly #u16 = new Uint16Array(this.#bytes.buffer);
  readonly #u64 = new BigUint64Array(this.#bytes.buffer);
  readonly #i64 = new BigInt64Array(this.#bytes.buffer);
  /** What of the chunk was not handed out yet. */
  #at = 0;
  #size = 0;
  /** Of the entry at `#at`. */
  #position = 0n;

  /** @param fd open for reading, and left to this; closing it stays the caller's */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Entries from a position on, 0 for the first; to the end, or until one is not taken. */
  read(from: bigint, visit: EntryVisitor): void {
    if (from === 0n || from !== this.#position) this.#seek(from);
    for (;;) {
      while (this.#at < this.#size) {
        const end = this.#at + (this.#u16[(this.#at >> 1) + 8] ?? 0);
        const next = this.#i64[(this.#at >> 3) + 1] ?? 0n;
        if (!visit(this.#name(end), this.#bytes[this.#at + 18] ?? 0, this.#u64[this.#at >> 3] ?? 0n, next))
          return;
        this.#at = end;
        this.#position = next;
      }
      if (!this.#fill()) return;
    }
  }

  #seek(to: bigint): void {
    this.#at = this.#size = 0;
    if (seek()(this.#fd, to, 0) < 0) throw lastError('lseek');
    this.#position = to;
  }

  #fill(): boolean {
    this.#at = 0;
    this.#size = libc().getdents64(this.#fd, this.#bytes, CHUNK_BYTES);
    if (this.#size >= 0) return this.#size > 0;
    const error = lastError('getdents64');
    this.#size = 0;
    // The directory was removed while open: it has no names any more.
    if (error.errno === E.ENOENT) return false;
    throw error;
  }

  /** The record is padded to 8 bytes, and its name ends at the first NUL. */
  #name(recordEnd: number): Buffer {
    const start = this.#at + HEADER_BYTES;
    let end = Math.max(start, recordEnd - 8);
    while (end < recordEnd && this.#bytes[end] !== 0) end += 1;
    return this.#bytes.subarray(start, end);
  }
}
