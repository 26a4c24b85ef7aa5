/** The level above the buckets, where every name is a bucket's. */
import type { Bucket } from '../../lib/store/bucket.js';
import type { Maker } from './top-level.js';

export interface Top {
  /** The store's directory, open; undefined when buckets are mapped one by one. */
  readonly fd: number | undefined;
  names(): readonly string[];
  /** undefined: no such bucket. */
  lookup(name: Buffer): Bucket | undefined;
  mkdir(name: Buffer, maker: Maker): Promise<Bucket>;
  rmdir(name: Buffer): Promise<void>;
  /** @param flags of renameat2(2) */
  rename(name: Buffer, newName: Buffer, flags: number): Promise<void>;
}
