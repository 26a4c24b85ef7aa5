/**
 * What a store thread does for the thread that serves HTTP: one task, one hop. Each is a function of what the
 * thread has; arguments and answers cross threads as plain data, open files as numbers.
 */
import type { StoreErrorCode } from '../errors.js';
import type { BucketName, ObjectKey } from '../names.js';
import type { Buckets } from './buckets.js';
import { type Engine, writable } from './engine.js';
import { listObjects } from './listing.js';
import type { BucketSettings, ListQuery, Tag, WriteConditions } from './model.js';
import { claim, drop, head, open, putBytes, putTemporary, removeMany } from './object-tasks.js';
import { type PackedPage, packPage } from './page-packing.js';
import { remove } from './remove.js';
import { sweepBucket, sweepStore, type Swept } from './sweep.js';
import { setTags } from './tags.js';
import { FirstUnlisted, type Unlisted } from './unlisted.js';
import { uploadTasks } from './upload-tasks.js';

export const tasks = {
  list,
  listBuckets: (engine: Engine) => engine.buckets.list(),
  bucket: (engine: Engine, name: BucketName) => engine.buckets.info(name),
  createBucket: (engine: Engine, name: BucketName, settings: BucketSettings) =>
    engine.buckets.create(name, settings),
  deleteBucket: (engine: Engine, name: BucketName) => engine.buckets.delete(name),
  changeBucket: (engine: Engine, name: BucketName, change: Parameters<Buckets['change']>[1]) =>
    engine.buckets.change(name, change),
  ...uploadTasks,
  head,
  open,
  claim,
  drop,
  putBytes,
  putTemporary,
  remove: (engine: Engine, name: BucketName, key: ObjectKey, conditions: WriteConditions) =>
    remove(writable(engine, name), key, conditions),
  removeMany,
  setTags: (engine: Engine, name: BucketName, key: ObjectKey, tags: readonly Tag[]) =>
    setTags(writable(engine, name), key, tags),
  /** The thread's last. */
  end: (engine: Engine) => engine.buckets.close(),
  sweepStore: (engine: Engine, nowMs: number) => plain(sweepStore(engine.buckets.options, nowMs)),
  sweepBucket: (engine: Engine, name: BucketName, nowMs: number) =>
    plain(sweepBucket(engine.buckets.get(name), nowMs)),
} as const;

/** One page, and the first of each kind of what it leaves out. */
function list(
  { buckets, listing }: Engine,
  name: BucketName,
  query: ListQuery,
): PackedPage & { readonly unlisted: readonly Unlisted[] } {
  const { found, report } = new FirstUnlisted();
  const page = listObjects(buckets.get(name), query, { ...listing, report });
  return { ...packPage(page), unlisted: found };
}

/** What went wrong, as data that crosses threads. */
function plain({ removed, failures }: Swept): {
  removed: number;
  failures: { code: StoreErrorCode; message: string }[];
} {
  return { removed, failures: failures.map(({ code, message }) => ({ code, message })) };
}

export type Tasks = typeof tasks;
