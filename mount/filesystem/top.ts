/** The level above the buckets, where every name is a bucket's. */
import type { Bucket } from '../../lib/store/bucket.js';
import type { Caller } from './filesystem.js';

export interface Top {
  /** The store's directory, open; undefined when buckets are mapped one by one. */
  readonly fd: number | undefined;
  names(): readonly string[];
  /** undefined: no such bucket. */
  lookup(name: Buffer): Bucket | undefined;
  /** @throws SystemError EINVAL for what is no bucket's name */
  mkdir(name: Buffer, caller: Caller): Promise<void>;
  rmdir(name: Buffer): Promise<void>;
  rename(name: Buffer, newName: Buffer): Promise<void>;
}
