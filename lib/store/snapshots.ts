/**
 * Directories as listings see them, kept while their stamp holds. A directory that changed in this very tick
 * of its filesystem's clock could change again without showing it: such a one is read, used, and not kept.
 */
import { closeFd } from '../os/open.js';
import { type Stat, statFd, tryStatAt } from '../os/stat.js';
import { coarseTimeNs } from '../os/times.js';
import type { Bucket } from './bucket.js';
import { ByteCache } from './cache.js';
import { RESERVED } from './layout.js';
import { locateAt } from './locate.js';
import type { Record } from './record.js';
import { readRecord } from './records.js';
import { type Kind, readSnapshot, type Snapshot } from './snapshot.js';
import { racyFor, sameStamp, type Stamp, stampOf } from './stamp.js';
import { volumeOf } from './volume.js';

interface Kept {
  readonly stamp: Stamp;
  readonly snapshot: Snapshot;
  /** What `user.bucketree` on the directory says; null: not read yet. */
  record: Record | undefined | null;
}

/** A directory during one request: its names and its stat belong together. */
export interface View {
  readonly snapshot: Snapshot;
  readonly stat: Stat;
  /** The record of the directory. @param key its key, `photos/` */
  record(fd: number, key: string): Record | undefined;
}

export interface SnapshotsOptions {
  /** Of names kept; 0 keeps none. One directory may be larger, see LARGEST. */
  readonly maxBytes: number;
  /** Milliseconds one that is larger is kept after it was last looked at. */
  readonly patience?: number;
}

/**
 * A directory of a million files is read in half a second and listed in a thousand pages. So the last one that was
 * too large to be kept with the others is kept for as long as somebody goes on listing it, up to this many times
 * what the others have together.
 */
const LARGEST = 16;
const PATIENCE_MS = 30_000;

export class Snapshots {
  readonly #cache: ByteCache<Kept>;
  readonly #maxBytes: number;
  readonly #patience: number;
  #large: { readonly name: string; readonly kept: Kept; readonly until: NodeJS.Timeout } | undefined;

  constructor({ maxBytes, patience = PATIENCE_MS }: SnapshotsOptions) {
    this.#maxBytes = maxBytes;
    this.#patience = patience;
    this.#cache = new ByteCache({ maxBytes, sizeOf: ({ snapshot }) => snapshot.bytes + 256 });
  }

  /**
   * @param fd the directory, open for reading
   * @param path where it is in the bucket, '' for its root: for following links
   */
  view(bucket: Bucket, fd: number, path: string): View {
    const beforeNs = coarseTimeNs();
    const stat = statFd(fd);
    const { followSymlinks } = bucket.options;
    const name = `${stat.dev}:${stat.ino}${followSymlinks ? 'L' : ''}`;
    const known = this.#kept(name);
    if (known !== undefined && sameStamp(known.stamp, stat)) return viewOf(bucket, known, stat);
    const volume = stat.dev === bucket.dev ? bucket.volume : volumeOf(fd, !bucket.options.readOnly);
    const snapshot = readSnapshot(fd, {
      followLink: followSymlinks ? (link) => followLink(bucket, path, link) : undefined,
      reserved: volume.folds ? tryStatAt(fd, RESERVED)?.ino : undefined,
    });
    const kept: Kept = { stamp: stampOf(stat), snapshot, record: null };
    const isLasting = !snapshot.followed && racyFor(stat, volume.granularityNs, beforeNs) === 0n;
    if (isLasting && sameStamp(kept.stamp, statFd(fd))) this.#keep(name, kept);
    return viewOf(bucket, kept, stat);
  }

  #kept(name: string): Kept | undefined {
    if (this.#large?.name !== name) return this.#cache.get(name);
    this.#large.until.refresh();
    return this.#large.kept;
  }

  #keep(name: string, kept: Kept): void {
    if (this.#large?.name === name) this.#letGo();
    const { bytes } = kept.snapshot;
    if (bytes <= this.#maxBytes / 2) return this.#cache.set(name, kept);
    if (bytes > LARGEST * this.#maxBytes) return;
    this.#letGo();
    this.#large = { name, kept, until: setTimeout(() => this.#letGo(), this.#patience).unref() };
  }

  #letGo(): void {
    clearTimeout(this.#large?.until);
    this.#large = undefined;
  }
}

function viewOf(bucket: Bucket, kept: Kept, stat: Stat): View {
  return {
    snapshot: kept.snapshot,
    stat,
    record: (fd, key) => {
      // A sidecar can change while the directory's stamp does not; an attribute moves its change time.
      if (!bucket.volume.attributes) return readRecord(bucket, key, fd, stat);
      if (kept.record === null) kept.record = readRecord(bucket, key, fd, stat);
      return kept.record;
    },
  };
}

/** What a link beneath the bucket leads to, as a key would find it. */
function followLink(bucket: Bucket, path: string, link: Buffer): Kind {
  const name = link.toString('utf8');
  if (!Buffer.from(name).equals(link)) return 'file'; // not UTF-8: counted with the others
  const at = path === '' ? name : `${path}/${name}`;
  const place = { kind: 'path', path: at, parent: path, name } as const;
  for (const directory of [false, true]) {
    const located = locateAt(bucket, { ...place, directory });
    if (located === undefined) continue;
    closeFd(located.fd);
    return directory ? 'directory' : 'file';
  }
  return undefined;
}
