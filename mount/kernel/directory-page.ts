/**
 * A page of READDIR or READDIRPLUS: struct fuse_dirent and fuse_direntplus, packed until the next one would
 * not fit. Whoever fills it asks `take` for each entry, in order, and stops at the first refusal.
 */
import type { DirectoryEntry, Missing } from '../filesystem/filesystem.js';
import { ENTRY_BYTES, putEntryAt } from './encode.js';
import type { Message } from './message.js';
import { OUT_HEADER } from './protocol.js';

const LE = true;
const DIRENT = 24;
/** The kernel takes the name and its type, and looks nothing up. */
const NO_ENTRY: Missing = { node: undefined, nameFor: 0 };

export class DirectoryPage {
  readonly #message: Message;
  readonly #plus: boolean;
  readonly #end: number;
  #at = OUT_HEADER;

  /** @param size bytes the kernel has room for */
  constructor(message: Message, plus: boolean, size: number) {
    this.#message = message;
    this.#plus = plus;
    this.#end = OUT_HEADER + Math.min(size, message.bytes.length - OUT_HEADER);
  }

  /** Bytes behind the header. */
  get size(): number {
    return this.#at - OUT_HEADER;
  }

  /** struct fuse_dirent: ino 0, off 8, namelen 16, type 20, name 24; each of them 8-byte aligned. */
  readonly take = (entry: DirectoryEntry): boolean => {
    const { view, bytes } = this.#message;
    const { name } = entry;
    const dirent = this.#plus ? this.#at + ENTRY_BYTES : this.#at;
    const end = dirent + DIRENT + name.length;
    const next = Math.ceil(end / 8) * 8;
    if (next > this.#end) return false;
    if (this.#plus) putEntryAt(this.#message, this.#at, entry.entry ?? NO_ENTRY);
    view.setBigUint64(dirent, entry.ino, LE);
    view.setBigUint64(dirent + 8, entry.offset, LE);
    view.setUint32(dirent + 16, name.length, LE);
    view.setUint32(dirent + 20, entry.type, LE);
    bytes.set(name, dirent + DIRENT);
    bytes.fill(0, end, next);
    this.#at = next;
    return true;
  };
}
