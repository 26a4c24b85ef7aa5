/** What listings leave out, and saying so once rather than with every page. */
import type { StoreErrorCode } from '../errors.js';
import { StoreError } from '../errors.js';
import type { BucketName } from '../names.js';

export interface Unlisted {
  /** Path in the bucket; '' is the bucket itself. */
  readonly directory: string;
  /**
   * unreadable: the directory; unnameable: `count` names in it that are not UTF-8;
   * too-long: in it is what would be a key of more than 1,024 bytes
   */
  readonly why: 'unreadable' | 'unnameable' | 'too-long';
  readonly count: number;
}

/** Takes the first of each kind: of a page that passed a million names, three at most. */
export class FirstUnlisted {
  readonly found: Unlisted[] = [];

  readonly report = (unlisted: Unlisted): void => {
    if (!this.found.some(({ why }) => why === unlisted.why)) this.found.push(unlisted);
  };
}

type Tell = (bucket: BucketName, unlisted: Unlisted) => void;

/**
 * Tells the first of each kind in each bucket.
 * @param most so many are remembered; then everything is forgotten, and may be told once more
 */
export function toldOnce(tell: Tell, most = 10_000): Tell {
  const told = new Set<string>();
  return (bucket, unlisted) => {
    const what = `${unlisted.why} ${bucket}`;
    if (told.has(what)) return;
    if (told.size >= most) told.clear();
    told.add(what);
    tell(bucket, unlisted);
  };
}

const CODES: Readonly<Record<Unlisted['why'], StoreErrorCode>> = {
  unreadable: 'AccessDenied',
  unnameable: 'InvalidKey',
  'too-long': 'KeyTooLong',
};

/** The same for the log: what is missing from listings, where, and the remedy. */
export function unlistedError(bucket: BucketName, { directory, why, count }: Unlisted): StoreError {
  const where = directory === '' ? bucket : `${bucket}/${directory}`;
  const said: Readonly<Record<Unlisted['why'], string>> = {
    unreadable: `${where}: this directory may not be read, so listings leave out what is in it. Allow the service to read and to enter it.`,
    unnameable: `${where}: ${count === 1 ? 'one name here is' : `${count} names here are`} not UTF-8, so no key can say it and listings leave it out. Rename such files, for example with convmv.`,
    'too-long': `${where}: a path here is longer than a key may be (1,024 bytes), so listings leave it out. Rename or move what is in it.`,
  };
  return new StoreError(CODES[why], said[why], { bucket, directory });
}
