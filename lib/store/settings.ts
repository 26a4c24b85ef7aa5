/**
 * bucket.json, read again only when its stamp has changed. Written whole, in a temporary file, and renamed, so
 * that a reader sees the old settings or the new.
 */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.js';
import { getAttribute, setAttribute } from '../os/attributes.js';
import { syncFdNow } from '../os/fsync.js';
import { renameAt, unlinkAt } from '../os/link.js';
import { closeFd, O, openAt, openBeneath, readFd, tryOpenBeneath, writeFd } from '../os/open.js';
import { statFd, tryStatLink } from '../os/stat.js';
import { coarseTimeNs } from '../os/times.js';
import { errnoName } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import type { Durability } from './durability.js';
import { RESERVED, SETTINGS, SETTINGS_MARK } from './layout.js';
import type { BucketSettings } from './model.js';
import { racyFor, sameStamp, type Stamp, stampOf } from './stamp.js';

const LARGEST = 16 * 1024 * 1024;

interface Read {
  readonly settings: BucketSettings;
  readonly stamp: Stamp;
}

const NONE: Current = { settings: {}, lost: false };

const cache = new WeakMap<Bucket, Read>();
/** Buckets that never had settings: the change time of the root that was found without a mark. */
const unmarked = new WeakMap<Bucket, bigint>();

export interface Current {
  readonly settings: BucketSettings;
  /** The bucket had settings, and they are gone: of them only the owner is still known. */
  readonly lost: boolean;
}

/** The bucket's settings as they are now: one stat while they have not changed, one open where there are none. */
export function settingsOf(bucket: Bucket): Current {
  const known = cache.get(bucket);
  if (known !== undefined && isUnchanged(bucket, known)) return { settings: known.settings, lost: false };
  return readSettings(bucket);
}

/** By name: whatever way leads to it, it is the file that was opened beneath the bucket, in the same state. */
function isUnchanged(bucket: Bucket, { stamp }: Read): boolean {
  try {
    const stat = tryStatLink(SETTINGS, bucket.rootFd);
    return stat !== undefined && sameStamp(stamp, stat);
  } catch {
    return false; // Reading it says why.
  }
}

function readSettings(bucket: Bucket): Current {
  const fd = tryOpenBeneath(bucket.rootFd, SETTINGS, O.RDONLY | O.NOFOLLOW | O.NONBLOCK);
  if (fd < 0) return absent(bucket, errnoName(-fd));
  try {
    const now = coarseTimeNs();
    const stat = statFd(fd);
    const settings = parse(bucket, read(fd, Math.min(stat.size, LARGEST)));
    const settled = racyFor(stat, bucket.volume.granularityNs, now) === 0n;
    if (settled) cache.set(bucket, { settings, stamp: stampOf(stat) });
    return { settings, lost: false };
  } finally {
    closeFd(fd);
  }
}

/** Only what is not there has no settings: anything else would give the bucket away. */
function absent(bucket: Bucket, errno: string): Current {
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return unset(bucket);
  const code = errno === 'EMFILE' || errno === 'ENFILE' ? 'Busy' : 'AccessDenied';
  throw new StoreError(code, `${bucket.directory}/${SETTINGS} cannot be opened: ${errno}`, { errno });
}

/** Never set, or lost: an `rsync --delete` from a tree without `.bucketree` takes everything of ours along. */
function unset(bucket: Bucket): Current {
  const { ctimeNs } = bucket;
  if (!bucket.volume.attributes || unmarked.get(bucket) === ctimeNs) return NONE;
  const now = coarseTimeNs();
  const owner = getAttribute(bucket.rootFd, SETTINGS_MARK)?.toString('utf8');
  if (owner !== undefined) return { settings: owner === '' ? {} : { owner }, lost: true };
  if (racyFor({ ctimeNs }, bucket.volume.granularityNs, now) === 0n) unmarked.set(bucket, ctimeNs);
  return NONE;
}

function read(fd: number, size: number): string {
  const bytes = Buffer.allocUnsafe(size);
  return bytes.toString('utf8', 0, readFd(fd, bytes, 0, size, 0));
}

function parse(bucket: Bucket, text: string): BucketSettings {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as BucketSettings;
  } catch {
    // Said below: what is broken is the file, whatever its parser called it.
  }
  throw new StoreError(
    'Internal',
    `${bucket.directory}/${SETTINGS} is not a JSON object: restore it from a backup`,
  );
}

/**
 * @param root the bucket's root, whose `.bucketree` exists; the caller holds the settings' lock, or the bucket
 *   has no name yet
 */
export function writeSettings(root: number, settings: BucketSettings, durability: Durability): void {
  const directory = openBeneath(root, RESERVED, O.RDONLY | O.DIRECTORY);
  const step = `bucket.json.${randomBytes(8).toString('hex')}.new`;
  try {
    const fd = openAt(directory, step, O.WRONLY | O.CREAT | O.EXCL, 0o600);
    try {
      const bytes = Buffer.from(`${JSON.stringify(settings, undefined, 2)}\n`);
      writeFd(fd, bytes, 0, bytes.length, 0);
      if (durability !== 'none') syncFdNow(fd);
      renameAt(directory, step, directory, 'bucket.json');
    } catch (error) {
      unlinkAt(directory, step);
      throw error;
    } finally {
      closeFd(fd);
    }
    markRoot(root, settings.owner ?? '');
    if (durability === 'full') [directory, root].forEach(syncFdNow);
  } finally {
    closeFd(directory);
  }
}

/** After the settings: a mark without them means that they were lost. */
function markRoot(root: number, owner: string): void {
  try {
    const mark = Buffer.from(owner);
    if (getAttribute(root, SETTINGS_MARK)?.equals(mark) !== true) setAttribute(root, SETTINGS_MARK, mark);
  } catch {
    // A filesystem without attributes, or a directory that is not ours: then a loss goes unnoticed.
  }
}
