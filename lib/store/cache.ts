/** Caches bounded in bytes; the one door to lru-cache. What is in one is verified by its stamp at every use. */
import { LRUCache } from 'lru-cache';

export interface ByteCacheOptions<V> {
  readonly maxBytes: number;
  /** Bytes an entry occupies, at least 1. */
  readonly sizeOf: (value: V) => number;
}

export class ByteCache<V extends object> {
  readonly #cache: LRUCache<string, V>;

  constructor({ maxBytes, sizeOf }: ByteCacheOptions<V>) {
    this.#cache = new LRUCache({
      maxSize: Math.max(1, maxBytes),
      sizeCalculation: (value) => Math.max(1, sizeOf(value)),
    });
  }

  get(key: string): V | undefined {
    return this.#cache.get(key);
  }

  /** What is larger than the whole cache is not kept. */
  set(key: string, value: V): void {
    this.#cache.set(key, value);
  }

  delete(key: string): void {
    this.#cache.delete(key);
  }
}
