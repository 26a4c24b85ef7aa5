/** What stands at the top of a store and is reachable as no bucket: files, and names no bucket can have. */
import { opendirSync } from 'node:fs';
import { isBucketName } from '../lib/names.js';

export interface Survey {
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
  const unreachable: string[] = [];
  let count = 0;
  let seen = 0;
  const entries = opendirSync(directory);
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      if (++seen > most) return { unreachable, count, incomplete: true };
      if (IGNORED.has(entry.name)) continue;
      const enters = entry.isDirectory() || (followSymlinks && entry.isSymbolicLink());
      if (enters && isBucketName(entry.name)) continue;
      count += 1;
      if (unreachable.length < EXAMPLES) unreachable.push(entry.name + (entry.isDirectory() ? '/' : ''));
    }
  } finally {
    entries.closeSync();
  }
  return { unreachable, count, incomplete: false };
}
