/**
 * Objects under `keys/` that nobody can reach: a path of the same key was made behind our back, and the path is
 * what is served. The next PUT or DELETE of the key removes them; until then they are worth knowing of.
 */
import { closeFd } from '../os/open.js';
import { MAX_KEY_BYTES } from '../names.js';
import type { Bucket } from './bucket.js';
import { inspectAt } from './inspect.js';
import { KEYS } from './layout.js';
import { hiddenPlace, keyOfHidden, pathPlace } from './paths.js';
import { Snapshots } from './snapshots.js';
import { TreeCursor } from './tree-cursor.js';

export interface Shadowed {
  readonly count: number;
  /** One of them, and where in the bucket what nobody reaches is kept. */
  readonly example: { readonly key: string; readonly path: string } | undefined;
}

/** @param most keys to look at, in their order */
export function shadowedKeys(bucket: Bucket, most: number): Shadowed {
  const cursor = new TreeCursor({
    bucket,
    snapshots: new Snapshots({ maxBytes: 0 }),
    root: KEYS,
    prefix: '',
    longest: 3 * MAX_KEY_BYTES,
    directories: false,
    collapses: () => false,
    report: () => undefined,
  });
  let count = 0;
  let example: Shadowed['example'];
  try {
    cursor.seek(Buffer.alloc(0));
    for (let looked = 0; cursor.met !== undefined && looked < most; looked++, cursor.advance()) {
      const key = keyOfHidden(cursor.met.path);
      if (key === undefined || !isPath(bucket, key)) continue;
      count += 1;
      example ??= { key, path: hiddenPlace(key).path };
    }
  } finally {
    cursor.close();
  }
  return { count, example };
}

/** Whether the key's path is what is served. */
function isPath(bucket: Bucket, key: string): boolean {
  const place = pathPlace(key);
  const found = place === undefined ? undefined : inspectAt(bucket, key, place);
  if (found?.fd !== undefined) closeFd(found.fd);
  return found !== undefined;
}
