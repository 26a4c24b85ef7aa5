/** How a store is to be opened. Plain data: every thread of it is given the same. */
import type { Durability } from './durability.js';

export interface StoreOptions {
  /** The directory whose top-level directories are buckets. */
  readonly directory: string | undefined;
  /** `--bucket NAME=DIR`: any directory as one bucket. */
  readonly buckets: ReadonlyMap<string, string>;
  readonly durability: Durability;
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly umask: number | undefined;
  readonly followSymlinks: boolean;
  /** Nothing at all is written into the tree. */
  readonly readOnly: boolean;
  /** Memory for caches, bytes, of all threads together. */
  readonly cacheBytes: number;
}
