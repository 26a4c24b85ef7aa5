/**
 * What listings learned of files, by their stamps, so that listing again costs a stat each and no attribute.
 * A table of fixed size in which a file has two places, by its inode: no objects to collect, no list to keep.
 */
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ChecksumType } from '../checksum.js';
import type { Stamp } from './stamp.js';

/** What of an object is not in its stat; storage class STANDARD. */
export interface KnownEtag {
  /** 32 hex digits, or with `-N`. */
  readonly etag: string;
  readonly checksumAlgorithm?: ChecksumAlgorithm;
  readonly checksumType?: ChecksumType;
}

const SLOT_BYTES = 64;
const ETAG = /^[0-9a-f]{32}(?:-[1-9][0-9]{0,4})?$/;
/** In the low bits of `about`: nothing known, a plain tag, or the position of the algorithm and its type. */
const PLAIN = 1;
const FIRST = 2;

export class KnownEtags {
  readonly #mask: number;
  /** Leaves the upper bits of a product, the well mixed ones. */
  readonly #shift: number;
  readonly #inodes: BigUint64Array;
  readonly #modified: BigInt64Array;
  readonly #changed: BigInt64Array;
  readonly #sizes: Float64Array;
  readonly #devices: Float64Array;
  readonly #digests: Buffer;
  /** `N` of the tag, shifted by 8, and what there is. 0: an empty slot. */
  readonly #about: Uint32Array;
  #missed = true;

  /** @param maxBytes rounded down to a power of two slots; at least one */
  constructor({ maxBytes }: { readonly maxBytes: number }) {
    const slots = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, maxBytes / SLOT_BYTES))));
    this.#mask = slots - 1;
    this.#shift = 32 - Math.log2(slots);
    this.#inodes = new BigUint64Array(slots);
    this.#modified = new BigInt64Array(slots);
    this.#changed = new BigInt64Array(slots);
    this.#sizes = new Float64Array(slots);
    this.#devices = new Float64Array(slots);
    this.#digests = Buffer.alloc(16 * slots);
    this.#about = new Uint32Array(slots);
  }

  /** Nothing was known of the last file asked for: of the next in a directory it is likely the same. */
  get missed(): boolean {
    return this.#missed;
  }

  /** undefined: not known of this state of this file. */
  get(stamp: Stamp): KnownEtag | undefined {
    const found = this.#find(stamp);
    this.#missed = found === undefined;
    return found;
  }

  #find(stamp: Stamp): KnownEtag | undefined {
    const slot = this.#slotOf(stamp.ino);
    const about = this.#about[slot] ?? 0;
    if (
      !this.#isFor(slot, stamp.ino) ||
      this.#changed[slot] !== stamp.ctimeNs ||
      this.#modified[slot] !== stamp.mtimeNs ||
      this.#sizes[slot] !== stamp.size ||
      this.#devices[slot] !== stamp.dev
    ) {
      return undefined;
    }
    const digest = this.#digests.toString('hex', 16 * slot, 16 * slot + 16);
    const etag = about >>> 8 === 0 ? digest : `${digest}-${about >>> 8}`;
    const kind = (about & 0xff) - FIRST;
    const checksumAlgorithm = CHECKSUM_ALGORITHMS[kind >> 1];
    if (kind < 0 || checksumAlgorithm === undefined) return { etag };
    return { etag, checksumAlgorithm, checksumType: (kind & 1) === 0 ? 'FULL_OBJECT' : 'COMPOSITE' };
  }

  /** Only with a stamp that can vouch for its content. What does not fit a slot is not kept. */
  set(stamp: Stamp, { etag, checksumAlgorithm, checksumType }: KnownEtag): void {
    if (!ETAG.test(etag)) return;
    const slot = this.#slotOf(stamp.ino);
    const algorithm = checksumAlgorithm === undefined ? -1 : CHECKSUM_ALGORITHMS.indexOf(checksumAlgorithm);
    const kind = algorithm === -1 ? PLAIN : FIRST + 2 * algorithm + (checksumType === 'COMPOSITE' ? 1 : 0);
    this.#inodes[slot] = stamp.ino;
    this.#changed[slot] = stamp.ctimeNs;
    this.#modified[slot] = stamp.mtimeNs;
    this.#sizes[slot] = stamp.size;
    this.#devices[slot] = stamp.dev;
    this.#digests.write(etag.slice(0, 32), 16 * slot, 16, 'hex');
    this.#about[slot] = Number(etag.slice(33)) * 256 + kind;
  }

  /** Where the file is, or else where it would go. */
  #slotOf(ino: bigint): number {
    // Multiplied, for inodes come in runs with gaps that are powers of two (Knuth, volume 3, 6.4).
    const mixed = Math.imul(Number(ino & 0xffff_ffffn), 0x9e37_79b1);
    const slot = (mixed >>> this.#shift) & this.#mask;
    if (this.#isFor(slot, ino)) return slot;
    const other = slot ^ (1 & this.#mask);
    return this.#isFor(other, ino) || this.#about[slot] !== 0 ? other : slot;
  }

  #isFor(slot: number, ino: bigint): boolean {
    return this.#inodes[slot] === ino && this.#about[slot] !== 0;
  }
}
