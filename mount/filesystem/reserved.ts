/** `.bucketree` is nowhere in the mount: it is not found, and nothing can be made of that name. */
import { type Stat, tryStatAt } from '../../lib/os/stat.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { RESERVED } from '../../lib/store/layout.js';
import { sameFile } from '../../lib/store/stamp.js';

const NAME = Buffer.from(RESERVED);

/** By its spelling. @param bucket whose volume may take other spellings for the same name; undefined: the top */
export function isReservedName(name: Buffer, bucket?: Bucket): boolean {
  if (name.equals(NAME)) return true;
  return bucket?.volume.folds === true && folded(name.toString('utf8')) === RESERVED;
}

/** More spellings than any filesystem takes for one: what cannot be told apart from ours is not let through. */
function folded(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}|\p{Cf}/gu, '');
}

/**
 * By what was found: another spelling of the name reaches the same directory where names fold.
 * @param parent the directory it was found in, open, O_PATH will do
 */
export function isReserved(bucket: Bucket, parent: number, found: Stat): boolean {
  if (!bucket.volume.folds) return false;
  const reserved = tryStatAt(parent, RESERVED);
  return reserved !== undefined && sameFile(reserved, found);
}
