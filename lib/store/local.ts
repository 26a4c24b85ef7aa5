/**
 * The store on this machine: what is hot is answered at once from memory, verified by a stat; everything that
 * may wait for a disk or a lock is one hop to a store thread.
 */
import { StoreError, toStoreError } from '../errors.js';
import { HashLanes } from '../hash/lanes.js';
import { prepareHashes } from '../hash/wasm.js';
import type { BucketName, ObjectKey, UploadId } from '../names.js';
import { closeFd } from '../os/open.js';
import { bucketInfo, Buckets } from './buckets.js';
import type { Bucket } from './bucket.js';
import { type Change, ChangeFeed } from './feed.js';
import { wholeDigest } from './fixity.js';
import { type HotObject, HotObjects, isSettled } from './hot.js';
import { standing } from './locate.js';
import type {
  BucketInfo,
  BucketSettings,
  DeleteOutcome,
  ListPage,
  ListQuery,
  ListUploadsQuery,
  ObjectInfo,
  PartInfo,
  Tag,
  UploadInfo,
  UploadsPage,
  WriteConditions,
} from './model.js';
import type { Claim } from './parts.js';
import type { StoreOptions } from './options.js';
import { placesOf, rootsOf } from './mount-places.js';
import type { Place } from './mount-wire.js';
import { Mounts } from './mounts.js';
import { unpackPage } from './page-packing.js';
import { Pool, type TaskResult } from './pool.js';
import { pump } from './reading.js';
import { BodyReceiver, type Content, type Destination } from './receiver.js';
import { stampOf } from './stamp.js';
import type {
  CompleteRequest,
  CopyPartRequest,
  CopyRequest,
  CreateUploadRequest,
  Eventually,
  PartsPage,
  ObjectReader,
  PutRequest,
  ReceivedBody,
  ReceiveOptions,
  Receiver,
  ReceiveTarget,
  Store,
} from './store.js';
import type { Opened, OpenedFile } from './object-tasks.js';
import type { Temporary } from './temporary.js';
import { toldOnce, unlistedError } from './unlisted.js';
import { Watcher } from './watcher.js';

/** Bodies up to this size are kept in memory. */
const HOT_BODY_BYTES = 64 * 1024;
const THREADS = 2;
/** What a store thread remembers of directories is worth keeping while somebody leafs through a listing. */
const IDLE_MS = 10 * 60 * 1000;
/** A day passes until the next sweep. */
const SWEPT_IDLE_MS = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface StoreHooks {
  /**
   * What went wrong behind the scenes, sweeping or watching, and the first of what listings leave out: nobody's
   * request failed for it.
   */
  readonly report?: (error: StoreError) => void;
  /** Where mounts of this machine leave their sockets (`runtimeDirectories`): they are told of every change. */
  readonly mounts?: readonly string[];
}

/** Leftovers of crashes are swept now, in the background, and once a day. */
export async function openStore(options: StoreOptions, hooks: StoreHooks = {}): Promise<LocalStore> {
  await prepareHashes();
  try {
    const store = new LocalStore(options, hooks);
    store.keepSwept();
    return store;
  } catch (error) {
    throw toStoreError(error, `open ${options.directory ?? 'the buckets'}`);
  }
}

type ObjectDestination = Destination & Temporary;
type ObjectTarget = Extract<ReceiveTarget, { kind: 'object' }>;
type PartTarget = Extract<ReceiveTarget, { kind: 'part' }>;

export class LocalStore implements Store {
  readonly readOnly: boolean;
  readonly #buckets: Buckets;
  readonly #pool: Pool;
  /** Requests do not wait behind a sweep. */
  readonly #sweeper: Pool;
  readonly #hot: HotObjects;
  readonly #lanes = new HashLanes();
  readonly #report: (error: StoreError) => void;
  readonly #leftOut: ReturnType<typeof toldOnce>;
  readonly #mounts: Mounts;
  readonly #options: StoreOptions;
  /** Every change made through this store; and others', in directories that have a subscriber. */
  readonly feed: ChangeFeed;
  #closing: Promise<void> | undefined;
  #daily: NodeJS.Timeout | undefined;

  /** Use `openStore`. */
  constructor(options: StoreOptions, { report = () => undefined, mounts = [] }: StoreHooks) {
    this.readOnly = options.readOnly;
    this.#options = options;
    this.#report = report;
    this.#leftOut = toldOnce((bucket, unlisted) => report(unlistedError(bucket, unlisted)));
    this.#mounts = new Mounts({ directories: mounts, publishes: () => rootsOf(options), report });
    this.feed = new ChangeFeed(new Watcher({ directoryOf: (name) => this.#bucket(name).directory, report }));
    this.#buckets = new Buckets(options);
    this.#hot = new HotObjects(options.cacheBytes / 2);
    this.#pool = new Pool(options, THREADS, IDLE_MS);
    this.#sweeper = new Pool(options, 1, SWEPT_IDLE_MS);
  }

  /** Until `close`. */
  keepSwept(): void {
    if (this.readOnly) return;
    void this.sweep();
    this.#daily = setInterval(() => void this.sweep(), DAY_MS);
    this.#daily.unref();
  }

  /** Removes what crashes left, and ends uploads a week old. @returns how many things went */
  async sweep(nowMs: number = Date.now()): Promise<number> {
    let removed = 0;
    try {
      const add = (swept: Awaited<TaskResult<'sweepBucket'>>): void => {
        removed += swept.removed;
        for (const { code, message } of swept.failures) this.#report(new StoreError(code, message));
      };
      add(await this.#sweeper.run('sweepStore', [nowMs]));
      for (const { name } of await this.#sweeper.run('listBuckets', []))
        add(await this.#sweeper.run('sweepBucket', [name, nowMs]));
    } catch (error) {
      if (this.#closing === undefined) this.#report(toStoreError(error, 'sweep'));
    }
    return removed;
  }

  /** Mounts show what is so now. @returns undefined when there is none */
  #shown(name: BucketName, keys: readonly string[]): Promise<void> | undefined {
    return this.#mounts.changed(() => this.#places(name, keys));
  }

  #places(name: BucketName, keys: readonly string[]): readonly Place[] {
    let bucket: Bucket | undefined;
    try {
      bucket = this.#buckets.get(name);
    } catch {
      // Just deleted, or not to be opened: the directory it stands in tells.
    }
    return placesOf(this.#options, name, bucket, keys);
  }

  /** Runs a mutation, and announces it and has the mounts show it when it succeeded. */
  async #announced<T>(
    bucket: BucketName,
    key: string,
    kind: Change['kind'],
    action: Promise<T>,
    put: (result: T) => ObjectInfo | undefined = () => undefined,
  ): Promise<T> {
    const done = this.feed.expect(bucket, key);
    try {
      const result = await action;
      const info = put(result);
      done({ bucket, key, kind, etag: info?.etag }, info);
      const shown = this.#shown(bucket, [key]);
      if (shown !== undefined) await shown;
      return result;
    } catch (error) {
      done(undefined);
      // It may have failed after the rename.
      void this.#shown(bucket, [key]);
      throw error;
    }
  }

  #put(bucket: BucketName, key: ObjectKey, action: Promise<ObjectInfo>): Promise<ObjectInfo> {
    return this.#announced(bucket, key, 'put', action, (info) => info);
  }

  listBuckets(): Promise<readonly BucketInfo[]> {
    return this.#pool.run('listBuckets', []);
  }

  bucket(name: BucketName): BucketInfo {
    const bucket = this.#bucket(name);
    return attempt(`read the settings of ${name}`, () => bucketInfo(bucket));
  }

  createBucket(name: BucketName, settings: BucketSettings): Promise<BucketInfo> {
    return this.#announced(name, '', 'bucket', this.#pool.run('createBucket', [name, settings]));
  }

  deleteBucket(name: BucketName): Promise<void> {
    return this.#announced(name, '', 'bucket', this.#pool.run('deleteBucket', [name]));
  }

  changeBucket(
    name: BucketName,
    change: { readonly [K in keyof BucketSettings]?: BucketSettings[K] | undefined },
  ): Promise<BucketInfo> {
    return this.#announced(name, '', 'bucket', this.#pool.run('changeBucket', [name, change]));
  }

  head(name: BucketName, key: ObjectKey): Eventually<ObjectInfo> {
    const bucket = this.#bucket(name);
    return this.#hotOf(bucket, key)?.info ?? this.#headCold(bucket, name, key);
  }

  /** Content a mount holds back moves no stamp: who has the file open for writing is asked for it first. */
  #hotOf(bucket: Bucket, key: ObjectKey): HotObject | undefined {
    const hot = this.#hot.get(bucket, key);
    return hot !== undefined && this.#mounts.holdBack && !isSettled(bucket, hot.path) ? undefined : hot;
  }

  async #headCold(bucket: Bucket, name: BucketName, key: ObjectKey): Promise<ObjectInfo> {
    await this.#flushed(name, key);
    const opened = await this.#pool.run('head', [name, key]);
    this.#keep(bucket, key, opened, undefined);
    return opened.info;
  }

  open(name: BucketName, key: ObjectKey): Eventually<ObjectReader> {
    const bucket = this.#bucket(name);
    const hot = this.#hotOf(bucket, key);
    return hot?.body === undefined ? this.#openCold(bucket, name, key) : readerOf(hot);
  }

  /** What was stored in the file through mappings in mounts that hold it back is on the disk. */
  #flushed(name: BucketName, key: string): Promise<void> | undefined {
    return this.#mounts.holdBack ? this.#mounts.flush(() => this.#places(name, [key])) : undefined;
  }

  async #openCold(bucket: Bucket, name: BucketName, key: ObjectKey): Promise<ObjectReader> {
    await this.#flushed(name, key);
    const opened = await this.#pool.run('open', [name, key]);
    const { info, body } = opened;
    if (body === undefined) {
      this.#keep(bucket, key, opened, undefined);
      return new FileReader(bucket, opened);
    }
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#keep(bucket, key, opened, bytes.length <= HOT_BODY_BYTES ? bytes : undefined);
    return readerOf({ info, body: bytes });
  }

  #keep(bucket: Bucket, key: ObjectKey, opened: Opened, body: Buffer | undefined): void {
    if (opened.keep === undefined) return;
    this.#hot.set(bucket, key, { stamp: stampOf(opened.stat), path: opened.keep, info: opened.info, body });
  }

  #bucket(name: BucketName): Bucket {
    return attempt(`open bucket ${name}`, () => this.#buckets.thisTurn(name));
  }

  receive(target: ReceiveTarget, options: ReceiveOptions): Receiver {
    if (this.readOnly) throw new StoreError('ReadOnly', 'This store is served read-only.');
    return target.kind === 'part' ? this.#receivePart(target, options) : this.#receiveObject(target, options);
  }

  #receiveObject({ bucket, key }: ObjectTarget, options: ReceiveOptions): Receiver {
    return new BodyReceiver<ObjectDestination>(this.#lanes, options, {
      claim: async () => ({ ...(await this.#pool.run('claim', [bucket, key])), offset: 0 }),
      drop: ({ fd, name }) => {
        // Without a thread to remove its name the next sweep will.
        if (this.#closing !== undefined) closeFd(fd);
        else void this.#pool.run('drop', [bucket, { fd, name }]).catch(() => undefined);
      },
    });
  }

  #receivePart({ bucket, key, uploadId, number }: PartTarget, options: ReceiveOptions): Receiver {
    return new BodyReceiver<Claim>(this.#lanes, options, {
      claim: () => this.#pool.run('claimPart', [bucket, key, uploadId, number, options.size]),
      drop: (claim) => void this.#pool.run('dropClaim', [bucket, claim]).catch(() => undefined),
    });
  }

  put(bucket: BucketName, key: ObjectKey, body: ReceivedBody, request: PutRequest): Promise<ObjectInfo> {
    const { bytes, destination } = contentOf<ObjectDestination>(body);
    if (bytes !== undefined) {
      const args = [bucket, key, bytes, body.md5, request] as const;
      return this.#put(bucket, key, this.#pool.run('putBytes', [...args], [bytes.buffer]));
    }
    if (destination === undefined) throw new StoreError('Internal', 'a body without content');
    const { fd, name } = destination;
    const args = [bucket, key, { fd, name }, body.md5, request] as const;
    return this.#put(bucket, key, this.#pool.run('putTemporary', [...args]));
  }

  append(
    bucket: BucketName,
    key: ObjectKey,
    body: ReceivedBody,
    offset: number,
    request: PutRequest,
  ): Promise<ObjectInfo> {
    const { bytes, destination } = contentOf<ObjectDestination>(body);
    const content = bytes ?? destination;
    if (content === undefined) throw new StoreError('Internal', 'a body without content');
    const { size, md5 } = body;
    const args = [bucket, key, content, { size, md5 }, offset, request] as const;
    return this.#put(bucket, key, this.#pool.run('append', [...args]));
  }

  copy(request: CopyRequest): Promise<ObjectInfo> {
    const { bucket, key } = request.target;
    return this.#put(bucket, key, this.#pool.run('copy', [request]));
  }

  rename(
    bucket: BucketName,
    from: ObjectKey,
    to: ObjectKey,
    conditions: { readonly source: WriteConditions; readonly target: WriteConditions },
  ): Promise<ObjectInfo> {
    const renamed = this.#put(bucket, to, this.#pool.run('rename', [bucket, from, to, conditions]));
    return from === to ? renamed : this.#announced(bucket, from, 'delete', renamed);
  }

  createUpload(bucket: BucketName, key: ObjectKey, request: CreateUploadRequest): Promise<UploadInfo> {
    return this.#pool.run('createUpload', [bucket, key, request]);
  }

  upload(bucket: BucketName, key: ObjectKey, id: UploadId): Promise<UploadInfo> {
    return this.#pool.run('upload', [bucket, key, id]);
  }

  putPart(
    bucket: BucketName,
    key: ObjectKey,
    id: UploadId,
    number: number,
    body: ReceivedBody,
  ): Promise<PartInfo> {
    const { bytes, destination } = contentOf<Claim>(body);
    const checksums = [...body.checksums].map(([algorithm, value]) => ({ algorithm, value }));
    const received = { size: body.size, md5: body.md5, checksums };
    if (bytes !== undefined) {
      return this.#pool.run('putPart', [bucket, key, id, number, bytes, received], [bytes.buffer]);
    }
    if (destination === undefined) throw new StoreError('Internal', 'a body without content');
    return this.#pool.run('commitPart', [bucket, key, id, number, destination, received]);
  }

  copyPart(request: CopyPartRequest): Promise<PartInfo> {
    return this.#pool.run('copyPart', [request]);
  }

  listParts(
    bucket: BucketName,
    key: ObjectKey,
    id: UploadId,
    page: { readonly after: number; readonly limit: number },
  ): Promise<PartsPage> {
    return this.#pool.run('listParts', [bucket, key, id, page]);
  }

  listUploads(bucket: BucketName, query: ListUploadsQuery): Promise<UploadsPage> {
    return this.#pool.run('listUploads', [bucket, query]);
  }

  completeUpload(
    bucket: BucketName,
    key: ObjectKey,
    id: UploadId,
    request: CompleteRequest,
  ): Promise<ObjectInfo> {
    return this.#put(bucket, key, this.#pool.run('completeUpload', [bucket, key, id, request]));
  }

  abortUpload(bucket: BucketName, key: ObjectKey, id: UploadId): Promise<void> {
    return this.#pool.run('abortUpload', [bucket, key, id]);
  }

  delete(bucket: BucketName, key: ObjectKey, conditions: WriteConditions): Promise<void> {
    return this.#announced(bucket, key, 'delete', this.#pool.run('remove', [bucket, key, conditions]));
  }

  async deleteMany(
    bucket: BucketName,
    keys: readonly { readonly key: ObjectKey; readonly conditions: WriteConditions }[],
  ): Promise<readonly DeleteOutcome[]> {
    const done = keys.map(({ key }) => this.feed.expect(bucket, key));
    let outcomes: readonly DeleteOutcome[] = [];
    try {
      outcomes = await this.#pool.run('removeMany', [bucket, keys]);
      const shown = this.#shown(
        bucket,
        keys.map(({ key }) => key),
      );
      if (shown !== undefined) await shown;
      return outcomes;
    } finally {
      done.forEach((tell, at) => {
        const outcome = outcomes[at];
        const gone = outcome !== undefined && outcome.error === undefined;
        tell(gone ? { bucket, key: outcome.key, kind: 'delete', etag: undefined } : undefined);
      });
    }
  }

  /** A directory's sorted names are one thread's: the pages of a listing all come from it. */
  async list(bucket: BucketName, query: ListQuery): Promise<ListPage> {
    const directory = query.prefix.slice(0, query.prefix.lastIndexOf('/') + 1);
    const page = await this.#pool.runAt(`${bucket}/${directory}`, 'list', [bucket, query]);
    for (const unlisted of page.unlisted) this.#leftOut(bucket, unlisted);
    return unpackPage(page);
  }

  setTags(bucket: BucketName, key: ObjectKey, tags: readonly Tag[]): Promise<void> {
    return this.#announced(bucket, key, 'metadata', this.#pool.run('setTags', [bucket, key, tags]));
  }

  /** Idempotent: a second close would close descriptors that are somebody else's by then. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#daily);
    this.feed.close();
    await Promise.all([this.#pool.close(), this.#sweeper.close(), this.#lanes.close()]);
    this.#mounts.close();
    this.#buckets.close();
  }
}

/** Everything that leaves the store is a StoreError. */
function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw toStoreError(error, what);
  }
}

function contentOf<D extends Destination>(body: ReceivedBody): Content<D> {
  const { receiver } = body;
  if (!(receiver instanceof BodyReceiver)) throw new StoreError('Internal', 'a body another store received');
  return (receiver as BodyReceiver<D>).take();
}

/** An object whose content is in memory. */
function readerOf({ info, body }: Pick<HotObject, 'info' | 'body'>): ObjectReader {
  const content = body ?? Buffer.alloc(0);
  return {
    info,
    body: content,
    pump: async (start, end, write) => {
      await write(content.subarray(start, end));
    },
    close: () => undefined,
  };
}

/** An object whose content is in an open file. */
class FileReader implements ObjectReader {
  readonly info: ObjectInfo;
  readonly body = undefined;
  readonly #bucket: Bucket;
  readonly #opened: OpenedFile;
  #fd: number | undefined;
  #pumps = 0;
  #closed = false;

  constructor(bucket: Bucket, opened: OpenedFile) {
    this.info = opened.info;
    this.#bucket = bucket;
    this.#opened = opened;
    this.#fd = opened.fd;
  }

  async pump(start: number, end: number, write: (block: Buffer) => Eventually<void>): Promise<void> {
    const fd = this.#fd;
    if (fd === undefined || this.#closed) throw new StoreError('Internal', 'this object is closed');
    const { stat, quiet, attribute, parent, name } = this.#opened;
    const content = {
      fd,
      stat,
      quiet,
      attribute: attribute === undefined ? undefined : Buffer.from(attribute),
      name: () => standing(this.#bucket, parent, name),
      whole: wholeDigest(this.info),
    };
    this.#pumps++;
    try {
      await pump(content, start, end, write);
    } finally {
      this.#pumps--;
      if (this.#closed) this.#release();
    }
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  /** Not under a read that is under way: the number would be another file's by then. */
  #release(): void {
    if (this.#fd === undefined || this.#pumps > 0) return;
    closeFd(this.#fd);
    this.#fd = undefined;
  }
}
