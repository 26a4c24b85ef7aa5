/**
 * Caches bounded in bytes, least recently used first to go: the one door to lru-cache. Whether what is in one
 * still holds is the caller's to know, by the stamp it was made from.
 */
import { LRUCache } from 'lru-cache';

/** The entry's own objects in the cache, beside the value. Rather too much than too little. */
const ENTRY_BYTES = 256;

export interface ByteCacheOptions<V> {
  /** All entries together. 0 keeps nothing. */
  readonly maxBytes: number;
  /** What holding the value costs, asked once, when it is set. */
  readonly sizeOf: (value: V) => number;
}

export class ByteCache<V extends object> {
  readonly #entries: LRUCache<string, V> | undefined;

  constructor({ maxBytes, sizeOf }: ByteCacheOptions<V>) {
    if (maxBytes < 1) return;
    this.#entries = new LRUCache({
      maxSize: Math.floor(maxBytes),
      sizeCalculation: (value, key) => Math.ceil(sizeOf(value)) + 2 * key.length + ENTRY_BYTES,
    });
  }

  get(key: string): V | undefined {
    return this.#entries?.get(key);
  }

  /** A value larger than the whole cache is not kept, nor what stood under its key. */
  set(key: string, value: V): void {
    this.#entries?.set(key, value);
  }

  delete(key: string): void {
    this.#entries?.delete(key);
  }

  clear(): void {
    this.#entries?.clear();
  }

  get bytes(): number {
    return this.#entries?.calculatedSize ?? 0;
  }
}
