/**
 * The top of a whole store in the mount: its buckets as directories, the store's own and the mapped ones, and nothing
 * else. Making, removing and renaming a directory here makes, deletes and renames a bucket.
 */
import { StoreError } from '../../lib/errors.js';
import { type BucketName, isBucketName } from '../../lib/names.js';
import { setMode, setOwner } from '../../lib/os/owner.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import { type Stat, statFd } from '../../lib/os/stat.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { Buckets } from '../../lib/store/buckets.js';
import { emptied } from '../../lib/store/emptiness.js';
import { isEmpty } from '../../lib/store/inspect.js';
import { whenBucket } from '../../lib/store/locks.js';
import type { StoreOptions } from '../../lib/store/options.js';

export interface TopLevelOptions {
  /** Account id of who owns the buckets made here; undefined: the root account. */
  readonly owner?: string | undefined;
  /** Why something was refused that the caller gets only an errno for. */
  readonly report: (error: StoreError) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Whose the directory of a new bucket is. */
export interface Maker {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, the umask applied. */
  readonly mode: number;
}

const RENAME_EXCHANGE = 2;
const SETGID = 0o2000;

export class TopLevel {
  readonly #buckets: Buckets;
  readonly #options: TopLevelOptions;
  /** Of directories that were replaced by others: nodes of the mount may still resolve beneath them. */
  readonly #replaced: Bucket[] = [];

  /** @throws SystemError when the store's directory cannot be opened */
  constructor(store: StoreOptions, options: TopLevelOptions) {
    this.#options = options;
    this.#buckets = new Buckets(store, {
      forgotten: (bucket) => this.#replaced.push(bucket),
      exclusively: whenBucket,
    });
  }

  /** The store's directory, open; undefined when buckets are mapped one by one. */
  get fd(): number | undefined {
    return this.#buckets.storeFd;
  }

  /** The buckets there are, sorted by name. */
  names(): BucketName[] {
    return this.#buckets.names().filter((name) => this.#isThere(name));
  }

  #isThere(name: BucketName): boolean {
    try {
      return this.#find(name) !== undefined;
    } catch {
      return false; // one we may not enter: the others are there
    }
  }

  /** @throws StoreError AccessDenied, Busy */
  lookup(name: Buffer): Bucket | undefined {
    const text = name.toString('latin1');
    return isBucketName(text) ? this.#find(text) : undefined;
  }

  #find(name: BucketName): Bucket | undefined {
    try {
      return this.#buckets.get(name);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'NoSuchBucket') return undefined;
      throw error;
    }
  }

  /** @throws StoreError InvalidBucketName (reported as well), BucketExists, AccessDenied, ReadOnly */
  async mkdir(name: Buffer, maker: Maker): Promise<Bucket> {
    const bucket = this.#bucketName(name);
    const { owner, now } = this.#options;
    const settings = { ...(owner === undefined ? {} : { owner }), created: now() };
    await this.#buckets.create(bucket, settings, (fd) => own(fd, maker));
    return this.#buckets.get(bucket);
  }

  /** @throws StoreError NoSuchBucket, BucketNotEmpty, BucketIsMapped, ReadOnly */
  async rmdir(name: Buffer): Promise<void> {
    await this.#buckets.delete(this.#existing(name), isBare);
  }

  /**
   * Nodes of the bucket keep their handle of it, which has the new name afterwards.
   * @param flags of renameat2(2)
   * @throws StoreError InvalidBucketName (reported as well), NoSuchBucket, BucketExists, BucketIsMapped, ReadOnly
   */
  async rename(from: Buffer, to: Buffer, flags: number): Promise<void> {
    const bucket = this.#existing(from);
    if ((flags & RENAME_EXCHANGE) !== 0) throw new SystemError(E.EPERM, 'renameat2');
    await this.#buckets.rename(bucket, this.#bucketName(to));
  }

  #existing(name: Buffer): BucketName {
    const bucket = this.lookup(name);
    if (bucket === undefined) throw new SystemError(E.ENOENT, 'openat2');
    return bucket.name;
  }

  #bucketName(name: Buffer): BucketName {
    const text = name.toString('utf8');
    if (isBucketName(text)) return text;
    const error = new StoreError(
      'InvalidBucketName',
      `${JSON.stringify(text)} cannot be a directory at the top of the store: those are buckets, and a bucket's ` +
        'name is 3 to 63 lower-case letters, digits, dots and hyphens',
      { bucket: text },
    );
    this.#options.report(error);
    throw error;
  }

  close(): void {
    this.#buckets.close();
    for (const bucket of this.#replaced) bucket.close();
  }
}

/** rmdir(2) takes no directories along, not even empty ones; nor objects that no path can express. */
function isBare(bucket: Bucket): boolean {
  return isEmpty(bucket.rootFd) && emptied(bucket);
}

/** As mkdir(2) would have it for the caller; a directory with the setgid bit above has given its group already. */
function own(fd: number, { uid, gid, mode }: Maker): void {
  const made = statFd(fd);
  const inherited = made.mode & SETGID;
  const group = inherited === 0 ? gid : made.gid;
  if (process.geteuid?.() === 0 && differs(made, uid, group)) setOwner(fd, uid, group);
  setMode(fd, (mode & 0o1777) | inherited);
}

function differs(made: Stat, uid: number, gid: number): boolean {
  return made.uid !== uid || made.gid !== gid;
}
