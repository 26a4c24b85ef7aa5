/**
 * The memory that large bodies are received into: blocks that the hash threads and the disk read at the same time,
 * used again and again. A body may fill ahead of slow readers, and may do so less the more bodies there are.
 */

export const BLOCK_BYTES = 1024 * 1024;

/** One filling, the others being hashed and written: whatever others have. */
const ASSURED = 3;
/** More would not be read any sooner. */
const MOST = 8;
/** Of all bodies together, beyond which each has what it is assured. */
const TOGETHER = 64;
/** Kept while nobody uses them. */
const SPARE = 8;

export type Block = Buffer<SharedArrayBuffer>;

export class Blocks {
  readonly #spare: Block[] = [];
  #inUse = 0;

  /**
   * @param held how many the body has
   * @returns undefined: it has to wait until one of its own is read
   */
  take(held: number): Block | undefined {
    if (held >= ASSURED && (held >= MOST || this.#inUse >= TOGETHER)) return undefined;
    this.#inUse++;
    return this.#spare.pop() ?? Buffer.from(new SharedArrayBuffer(BLOCK_BYTES));
  }

  give(block: Block): void {
    this.#inUse--;
    if (this.#spare.length < SPARE) this.#spare.push(block);
  }
}
