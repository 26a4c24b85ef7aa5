/**
 * The buckets of a store, as one thread sees them: top-level directories with a legal bucket name, and
 * directories mapped by name. A handle is kept while the name still leads to the same directory.
 */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.js';
import { type BucketName, isBucketName, parseBucketName } from '../names.js';
import { closeFd, O, openAt, openDirectory, tryOpenBeneath } from '../os/open.js';
import { mkdirAt, renameAt, rmdirAt, unlinkAt } from '../os/link.js';
import { readNamesList } from '../os/names.js';
import { isDirectory, statFd, tryStatAt, tryStatPath } from '../os/stat.js';
import { errnoName, isErrno } from '../os/system-error.js';
import { Bucket, ensureOwn } from './bucket.js';
import { syncEntries } from './durability.js';
import { emptied } from './emptiness.js';
import { RESERVED, TEMPORARIES } from './layout.js';
import { withBucket, withKeys, SETTINGS_KEY } from './locks.js';
import type { BucketInfo, BucketSettings } from './model.js';
import type { StoreOptions } from './options.js';
import { followDirectory } from './ownership.js';
import type { Eventually } from './store.js';
import { moveInto } from './temporary.js';
import { settingsOf, writeSettings } from './settings.js';
import { milliseconds, sameFile } from './stamp.js';

/** Runs a section while nobody holds any key of the bucket. */
type Exclusively = <T>(bucket: Bucket, section: () => T) => Eventually<T>;

export interface BucketsHooks {
  /** A handle whose name leads elsewhere by now; closed when left out. */
  readonly forgotten?: (bucket: Bucket) => void;
  /** How a bucket is deleted or renamed: waiting for its locks, unless told otherwise. */
  readonly exclusively?: Exclusively;
}

export class Buckets {
  readonly #options: StoreOptions;
  readonly #open = new Map<string, Bucket>();
  /** The bucket looked at last in this turn. */
  #lookedAt: Bucket | undefined;
  readonly #storeFd: number | undefined;
  readonly #forgotten: (bucket: Bucket) => void;
  readonly #exclusively: Exclusively;

  /** @throws SystemError when the store's directory cannot be opened */
  constructor(options: StoreOptions, hooks: BucketsHooks = {}) {
    this.#options = options;
    this.#forgotten = hooks.forgotten ?? ((bucket) => bucket.close());
    this.#exclusively = hooks.exclusively ?? withBucket;
    this.#storeFd = options.directory === undefined ? undefined : openDirectory(options.directory);
  }

  /** Of the directory whose top-level directories are buckets. */
  get storeFd(): number | undefined {
    return this.#storeFd;
  }

  get options(): StoreOptions {
    return this.#options;
  }

  /** @throws StoreError NoSuchBucket */
  get(name: BucketName): Bucket {
    const known = this.#open.get(name);
    if (known !== undefined && known.isCurrent()) return known;
    if (known !== undefined) this.#forget(name);
    const mapped = this.#options.buckets.get(name);
    const bucket = mapped === undefined ? this.#openOwn(name) : this.#openMapped(name, mapped);
    if (bucket === undefined) throw noSuchBucket(name);
    this.#open.set(name, bucket);
    return bucket;
  }

  /** As `get`, with one look a turn: what one turn answers was asked before the turn began. */
  thisTurn(name: BucketName): Bucket {
    if (this.#lookedAt?.name === name) return this.#lookedAt;
    if (this.#lookedAt === undefined) queueMicrotask(() => (this.#lookedAt = undefined));
    return (this.#lookedAt = this.get(name));
  }

  #openMapped(name: BucketName, directory: string): Bucket | undefined {
    return tryStatPath(directory) === undefined
      ? undefined
      : new Bucket(name, directory, true, this.#options);
  }

  /** A symlink at the top is no bucket unless links are followed. */
  #openOwn(name: BucketName): Bucket | undefined {
    const { directory } = this.#options;
    if (this.#storeFd === undefined || directory === undefined) return undefined;
    const fd = tryOpenBeneath(this.#storeFd, name, O.RDONLY | O.DIRECTORY, 0, this.#options);
    if (fd < 0) {
      if (errnoName(-fd) === 'EACCES') {
        throw new StoreError('AccessDenied', `${directory}/${name}: permission denied`, { bucket: name });
      }
      return undefined;
    }
    closeFd(fd);
    return new Bucket(name, `${directory}/${name}`, false, this.#options);
  }

  #forget(name: string): void {
    const bucket = this.#open.get(name);
    this.#open.delete(name);
    if (bucket === this.#lookedAt) this.#lookedAt = undefined;
    if (bucket !== undefined) this.#forgotten(bucket);
  }

  info(name: BucketName): BucketInfo {
    return bucketInfo(this.get(name));
  }

  /** Names buckets have, or could have if a directory stood there; sorted. */
  names(): BucketName[] {
    const names = new Set<BucketName>();
    for (const name of this.#options.buckets.keys()) names.add(parseBucketName(name));
    if (this.#storeFd !== undefined) {
      for (const entry of readNamesList(this.#storeFd)) {
        const name = entry.name.toString('utf8');
        if (isBucketName(name)) names.add(name);
      }
    }
    return [...names].sort();
  }

  /** Sorted by name. */
  list(): BucketInfo[] {
    const found: BucketInfo[] = [];
    for (const name of this.names()) {
      try {
        found.push(this.info(name));
      } catch (error) {
        // A file with a bucket's name, a directory that went meanwhile, one we may not enter or whose
        // settings are broken: the others are listed.
        if (!(error instanceof StoreError) || error.code === 'Busy') throw error;
      }
    }
    return found;
  }

  /**
   * Made beside its name, settings in it, and renamed: nobody sees a bucket without its owner.
   * @param prepare what else is to be done with the directory before it has its name
   * @throws StoreError BucketExists
   */
  async create(
    name: BucketName,
    settings: BucketSettings,
    prepare: (fd: number) => void = () => undefined,
  ): Promise<BucketInfo> {
    this.#refuseIfReadOnly();
    if (this.#storeFd === undefined || this.#options.buckets.has(name)) {
      if (this.#options.buckets.has(name)) throw this.#exists(name);
      throw new StoreError(
        'AccessDenied',
        'There is no store directory to make buckets in: start with `bucketree serve DIR`',
        { bucket: name },
      );
    }
    const tmp = openService(this.#storeFd);
    const step = randomBytes(12).toString('hex');
    try {
      mkdirAt(tmp, step, 0o777);
      const fd = openAt(tmp, step, O.RDONLY | O.DIRECTORY);
      try {
        followDirectory(this.#options, this.#storeFd, fd, true);
        mkdirAt(fd, RESERVED, 0o755);
        writeSettings(fd, settings, this.#options.durability);
        prepare(fd);
      } finally {
        closeFd(fd);
      }
      try {
        renameAt(tmp, step, this.#storeFd, name, { noReplace: true });
      } catch (error) {
        if (isErrno(error, 'EEXIST', 'ENOTEMPTY')) throw this.#exists(name);
        throw error;
      }
    } catch (error) {
      removeTree(tmp, step);
      throw error;
    } finally {
      closeFd(tmp);
    }
    await syncEntries(this.#options.durability, [openAt(this.#storeFd, '.', O.RDONLY | O.DIRECTORY)]);
    return this.info(name);
  }

  #exists(name: BucketName): StoreError {
    let owner = '';
    try {
      owner = this.info(name).settings.owner ?? '';
    } catch {
      // Something else than a bucket has the name, or it just went: taken all the same.
    }
    return new StoreError('BucketExists', 'The requested bucket name is not available.', {
      bucket: name,
      owner,
    });
  }

  #refuseIfReadOnly(): void {
    if (this.#options.readOnly) throw new StoreError('ReadOnly', 'This store is served read-only.');
  }

  /** A bucket that is a directory of the store, with the store. */
  #own(name: BucketName): { readonly bucket: Bucket; readonly store: number; readonly above: string } {
    const bucket = this.get(name);
    this.#refuseIfReadOnly();
    const { directory: above } = this.#options;
    if (bucket.mapped || this.#storeFd === undefined || above === undefined) {
      throw new StoreError(
        'BucketIsMapped',
        `${name} is the directory ${bucket.directory}: it is not ours to delete or rename`,
      );
    }
    return { bucket, store: this.#storeFd, above };
  }

  /**
   * One rename(2), with all that is in it. Whoever waits for a lock of it finds it gone, as after deleting.
   * @throws StoreError NoSuchBucket, BucketExists, BucketIsMapped
   */
  async rename(from: BucketName, to: BucketName): Promise<void> {
    const { bucket, store, above } = this.#own(from);
    if (from === to) return;
    if (this.#options.buckets.has(to)) throw this.#exists(to);
    await this.#exclusively(bucket, () => {
      try {
        moveInto(store, from, store, to, false);
      } catch (error) {
        if (isErrno(error, 'EEXIST', 'ENOTEMPTY', 'ENOTDIR')) throw this.#exists(to);
        throw error;
      }
      // What had the new name before is no bucket any more.
      this.#forget(to);
      this.#open.delete(from);
      bucket.renamed(to, `${above}/${to}`);
      this.#open.set(to, bucket);
    });
    await syncEntries(this.#options.durability, [openAt(store, '.', O.RDONLY | O.DIRECTORY)]);
  }

  /**
   * @param isEmpty what counts as empty: a bucket without objects, unless told otherwise
   * @throws StoreError BucketNotEmpty, BucketIsMapped
   */
  async delete(name: BucketName, isEmpty: (bucket: Bucket) => boolean = emptied): Promise<void> {
    const { bucket, store } = this.#own(name);
    const tmp = openService(store);
    const step = randomBytes(12).toString('hex');
    try {
      await this.#exclusively(bucket, () => {
        if (!isEmpty(bucket)) throw notEmpty(name);
        renameAt(store, name, tmp, step);
        // Another program may have put something in between looking and moving.
        if (isEmpty(bucket)) return;
        renameAt(tmp, step, store, name, { noReplace: true });
        throw notEmpty(name);
      });
      this.#forget(name);
      removeTree(tmp, step);
    } finally {
      closeFd(tmp);
    }
    await syncEntries(this.#options.durability, [openAt(store, '.', O.RDONLY | O.DIRECTORY)]);
  }

  change(
    name: BucketName,
    change: { readonly [K in keyof BucketSettings]?: BucketSettings[K] | undefined },
  ): BucketInfo {
    const bucket = this.get(name);
    this.#refuseIfReadOnly();
    return withKeys(bucket, [SETTINGS_KEY], () => {
      const merged = Object.fromEntries(
        Object.entries({ ...settingsOf(bucket).settings, ...change }).filter(
          ([, value]) => value !== undefined,
        ),
      );
      closeFd(bucket.openOwn(RESERVED));
      writeSettings(bucket.rootFd, merged, this.#options.durability);
      return this.info(name);
    });
  }

  close(): void {
    for (const bucket of this.#open.values()) bucket.close();
    this.#open.clear();
    if (this.#storeFd !== undefined) closeFd(this.#storeFd);
  }
}

function noSuchBucket(name: string): StoreError {
  return new StoreError('NoSuchBucket', 'The specified bucket does not exist', { bucket: name });
}

function notEmpty(name: string): StoreError {
  return new StoreError('BucketNotEmpty', 'The bucket you tried to delete is not empty', { bucket: name });
}

/** What there is to say of a bucket that was found just now. */
export function bucketInfo(bucket: Bucket): BucketInfo {
  const { name, mapped } = bucket;
  const { settings, lost } = settingsOf(bucket);
  const created = settings.created ?? bucket.born ?? milliseconds(bucket.ctimeNs);
  const info = { name, created, settings, mapped };
  return lost ? { ...info, settingsLost: true } : info;
}

/** STORE/.bucketree/tmp, where buckets are made and unmade. The service's directory is private. */
function openService(storeFd: number): number {
  return ensureOwn(storeFd, TEMPORARIES, 0o700);
}

/** Removes what is ours alone by now. A link is removed, never followed. */
export function removeTree(parent: number, name: string | Buffer): void {
  const stat = tryStatAt(parent, name);
  if (stat === undefined) return;
  if (!isDirectory(stat)) return unlinkAt(parent, name);
  const fd = openAt(parent, name, O.RDONLY | O.DIRECTORY);
  try {
    if (!sameFile(statFd(fd), stat)) return;
    for (const entry of readNamesList(fd)) removeTree(fd, entry.name);
  } finally {
    closeFd(fd);
  }
  rmdirAt(parent, name);
}
