/**
 * bucket.json, read again only when its stamp has changed. Written whole, in a temporary file, and renamed, so
 * that a reader sees the old settings or the new.
 */
import { StoreError } from '../errors.js';
import { closeFd, O, readFd, tryOpenBeneath } from '../os/open.js';
import { statFd } from '../os/stat.js';
import { coarseTimeNs } from '../os/times.js';
import type { Bucket } from './bucket.js';
import { SETTINGS } from './layout.js';
import type { BucketSettings } from './model.js';
import { racyFor, sameStamp, type Stamp, stampOf } from './stamp.js';

const LARGEST = 16 * 1024 * 1024;

interface Read {
  readonly settings: BucketSettings;
  /** undefined: not there. */
  readonly stamp: Stamp | undefined;
}

const NONE: Read = { settings: {}, stamp: undefined };

const cache = new WeakMap<Bucket, Read>();

/** The bucket's settings as they are now. One open and one stat while they have not changed. */
export function settingsOf(bucket: Bucket): BucketSettings {
  const fd = tryOpenBeneath(bucket.rootFd, SETTINGS, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
  if (fd < 0) return NONE.settings;
  try {
    const stat = statFd(fd);
    const known = cache.get(bucket);
    if (known?.stamp !== undefined && sameStamp(known.stamp, stat)) return known.settings;
    const settings = parse(bucket, read(fd, Math.min(stat.size, LARGEST)));
    const settled = racyFor(stat, bucket.volume.granularityNs, coarseTimeNs()) === 0n;
    if (settled) cache.set(bucket, { settings, stamp: stampOf(stat) });
    return settings;
  } finally {
    closeFd(fd);
  }
}

function read(fd: number, size: number): string {
  const bytes = Buffer.allocUnsafe(size);
  return bytes.toString('utf8', 0, readFd(fd, bytes, 0, size, 0));
}

function parse(bucket: Bucket, text: string): BucketSettings {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as BucketSettings;
  } catch {
    // Said below: what is broken is the file, whatever its parser called it.
  }
  throw new StoreError('Internal', `${bucket.directory}/${SETTINGS} is not JSON: restore it from a backup`);
}
