/** `--bucket NAME=DIR`: any directory as one bucket. `--bucket NAME`: one that the store has. */
import { basename } from 'node:path';
import { type BucketName, isBucketName } from '../lib/names.js';
import { path } from './option.js';

export interface BucketMapping {
  readonly name: BucketName;
  /** Absolute. undefined: only a name was given. */
  readonly directory: string | undefined;
}

/** @throws RangeError */
export function parseBucketMapping(given: string, base: string): BucketMapping {
  const at = given.indexOf('=');
  const name = at < 0 ? given : given.slice(0, at);
  if (at < 0 && isBucketName(name)) return { name, directory: undefined };
  if (at < 1 || at === given.length - 1) throw new RangeError('it is NAME=DIR: pictures=/srv/Pictures');
  if (!isBucketName(name)) {
    throw new RangeError(
      `${name} is no bucket name: it is 3 to 63 lower-case letters, digits, dots and hyphens ` +
        `(${suggestBucketName(name)}=${given.slice(at + 1)})`,
    );
  }
  return { name, directory: path(given.slice(at + 1), base) };
}

/** A legal bucket name that reminds of a directory's: `Camera Roll` → `camera-roll`. */
export function suggestBucketName(directory: string): BucketName {
  const plain = basename(directory)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  const fallback = 'bucket';
  for (const name of [plain, `${plain}-${fallback}`, fallback]) if (isBucketName(name)) return name;
  throw new Error(`${fallback} is a bucket name`);
}
