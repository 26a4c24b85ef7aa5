/**
 * What stands at the top of a store: buckets, and what is reachable as none: files, and names no bucket can
 * have. Starting says so without asking a store thread, which costs 20 MB of memory until it is needed.
 */
import { opendirSync } from 'node:fs';
import { isBucketName } from '../lib/names.js';

export interface Survey {
  /** Sorted. */
  readonly buckets: readonly string[];
  /** At most a few, as examples. */
  readonly unreachable: readonly string[];
  readonly count: number;
  /** There was more than was looked at. */
  readonly incomplete: boolean;
}

/** Not people's: ours, and a filesystem's own. */
const IGNORED: ReadonlySet<string> = new Set(['.bucketree', 'lost+found']);
const EXAMPLES = 5;

/** @param most entries to look at: starting takes no longer for a directory of a million files */
export function surveyStore(directory: string, followSymlinks: boolean, most = 10_000): Survey {
  const buckets: string[] = [];
  const unreachable: string[] = [];
  let count = 0;
  let seen = 0;
  const entries = opendirSync(directory);
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      if (++seen > most) return { buckets: buckets.sort(), unreachable, count, incomplete: true };
      if (IGNORED.has(entry.name)) continue;
      const enters = entry.isDirectory() || (followSymlinks && entry.isSymbolicLink());
      if (enters && isBucketName(entry.name)) {
        buckets.push(entry.name);
        continue;
      }
      count += 1;
      if (unreachable.length < EXAMPLES) unreachable.push(entry.name + (entry.isDirectory() ? '/' : ''));
    }
  } finally {
    entries.closeSync();
  }
  return { buckets: buckets.sort(), unreachable, count, incomplete: false };
}
