/**
 * Saving an object anew: by renaming another file over it, or by moving it away and making a file of its name, as
 * vim does. What the user said of it (metadata, tags, type, storage class) goes to the new file, unless that has a
 * record of its own; entity tag and checksums never do. Where records are kept by key, they follow their file.
 * Callers hold the locks of the keys, and call for what is no directory.
 */
import { removeAttributeOf } from '../../lib/os/path-attributes.js';
import type { ObjectKey } from '../../lib/names.js';
import { closeFd, O } from '../../lib/os/open.js';
import { reopen } from '../../lib/os/reopen.js';
import { isErrno } from '../../lib/os/system-error.js';
import { isFile, statFd } from '../../lib/os/stat.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { inspectHeld } from '../../lib/store/inspect.js';
import { ATTRIBUTE } from '../../lib/store/layout.js';
import type { ObjectAttributes } from '../../lib/store/model.js';
import { close } from '../../lib/store/publish.js';
import { type Record, saysNothing } from '../../lib/store/record.js';
import { dropRecord, readRecordOf, type RecordWrite, writeRecord } from '../../lib/store/records.js';
import { sameFile } from '../../lib/store/stamp.js';
import { recordOf } from '../../lib/store/tags.js';
import { keyOf, NO_KEY } from './held-object.js';

/** What the user said of an object. */
export type Carried = ObjectAttributes;

/** How long after it was moved away a new file of its name is taken for the same object saved anew. */
const REMEMBERED_MS = 10_000;
/** A rename storm is nobody saving a file. */
const MOST_REMEMBERED = 1000;

const NOTHING: RecordWrite = { finish: () => undefined, undo: () => undefined };

/** What is to be carried from a file; undefined when nobody said anything of it. */
function saidOf(bucket: Bucket, path: string | undefined, fd: number): Carried | undefined {
  const stat = statFd(fd);
  const record = isFile(stat) ? readRecordOf(bucket, keyOf(path, stat), fd, stat) : undefined;
  return record === undefined || saysNothing(record) ? undefined : attributesOf(record);
}

function attributesOf({ system, user, tags, storageClass }: Record): Carried {
  return { system, user, tags, storageClass };
}

export interface Move {
  /** The bucket it comes from, when that is another one. */
  readonly source?: Bucket | undefined;
  /** Path in its bucket of the file that is renamed; undefined when that is not UTF-8. */
  readonly from: string | undefined;
  /** Where to. */
  readonly to: string | undefined;
  /** The file that is renamed, O_PATH or better. */
  readonly moved: number;
  /** The file it replaces, O_PATH or better; undefined: there is none. */
  readonly replaced: number | undefined;
}

/**
 * Before a rename(2) that is not RENAME_EXCHANGE: gives the moved file what it is to have. The
 * caller then renames, and calls `finish`, or `undo` when the rename failed.
 * @param bucket it goes to
 * @param away what was moved away from `to` lately, when nothing is replaced
 */
export function carryOver(bucket: Bucket, move: Move, away?: Carried): RecordWrite {
  const { source = bucket, from, to, moved, replaced } = move;
  const stat = statFd(moved);
  if (!isFile(stat) || (replaced !== undefined && sameFile(statFd(replaced), stat))) return NOTHING;
  const own = readRecordOf(source, keyOf(from, stat), moved, stat);
  const carried =
    own !== undefined ? undefined : replaced === undefined ? away : saidOf(bucket, to, replaced);
  return bucket.volume.attributes
    ? onInode(bucket, move, carried, stat.nlink === 1)
    : byKey(bucket, move, own, carried);
}

/** @param alone other names of the file shall not get what this one is given */
function onInode(bucket: Bucket, move: Move, carried: Carried | undefined, alone: boolean): RecordWrite {
  const { to, moved, replaced } = move;
  const given = carried === undefined || !alone ? NOTHING : give(bucket, to, moved, carried);
  return {
    finish: () => {
      given.finish();
      if (replaced !== undefined) dropRecord(bucket, keyOf(to, statFd(replaced)), replaced);
    },
    undo: given.undo,
  };
}

function byKey(
  bucket: Bucket,
  { source = bucket, from, to, moved, replaced }: Move,
  own: Record | undefined,
  carried: Carried | undefined,
): RecordWrite {
  const stat = statFd(moved);
  const [origin, target] = [keyOf(from, stat), keyOf(to, stat)];
  const record = own ?? (carried === undefined ? undefined : newRecord(bucket, target, moved, carried));
  const kept = record !== undefined && target !== NO_KEY ? record : undefined;
  const written = kept === undefined ? undefined : writeRecord(bucket, target, moved, kept, replaced);
  return {
    finish: () => {
      // The record of what was replaced stood beside it until now, and must not be taken for that of a file with
      // the same size and time.
      if (kept !== undefined) writeRecord(bucket, target, moved, kept, undefined).finish();
      else if (target !== NO_KEY) dropRecord(bucket, target, undefined);
      if (origin !== NO_KEY) dropRecord(source, origin, undefined);
    },
    undo: () => written?.undo(),
  };
}

/** What is kept of a file that has no record yet and is given this. */
function newRecord(bucket: Bucket, key: ObjectKey, fd: number, carried: Carried): Record {
  const found = inspectHeld(bucket, key, fd);
  try {
    return { ...recordOf(key, { ...found, record: undefined }), ...carried };
  } finally {
    close(found);
  }
}

/**
 * Gives a file without a record what the user said of the object it stands for: one just made at a name that was
 * moved away. What it contains is not vouched for while it is being written.
 * @param fd O_PATH or better
 */
export function give(bucket: Bucket, path: string | undefined, fd: number, carried: Carried): RecordWrite {
  const key = keyOf(path, statFd(fd));
  if (key === NO_KEY && !bucket.volume.attributes) return NOTHING;
  const readable = tryReopen(fd);
  if (readable === undefined) return NOTHING;
  try {
    const written = writeRecord(bucket, key, readable, newRecord(bucket, key, fd, carried), undefined);
    const undo = (): void => {
      written.undo();
      if (bucket.volume.attributes) removeAttributeOf(fd, ATTRIBUTE);
    };
    return { finish: written.finish, undo };
  } finally {
    closeFd(readable);
  }
}

/** A file we may not read gets nothing from us. */
function tryReopen(fd: number): number | undefined {
  try {
    return reopen(fd, O.RDONLY | O.NONBLOCK | O.NOCTTY);
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

interface Remembered {
  readonly carried: Carried;
  readonly until: number;
}

/** What was said of objects that were moved away within the last ten seconds, by bucket and path. */
export class MovedAway {
  /** In the order they were moved away. */
  readonly #remembered = new Map<string, Remembered>();

  /**
   * A file is about to be renamed away from `path`.
   * @param fd of the file, O_PATH or better
   */
  note(bucket: Bucket, path: string | undefined, fd: number, nowMs: number): void {
    if (path === undefined) return;
    const name = nameOf(bucket, path);
    this.#remembered.delete(name);
    const carried = saidOf(bucket, path, fd);
    if (carried === undefined) return;
    this.#forget(nowMs);
    this.#remembered.set(name, { carried, until: nowMs + REMEMBERED_MS });
  }

  /** What a file that appears at `path` now is to have; undefined when nothing was moved away from there. */
  take(bucket: Bucket, path: string | undefined, nowMs: number): Carried | undefined {
    if (path === undefined || this.#remembered.size === 0) return undefined;
    const name = nameOf(bucket, path);
    const found = this.#remembered.get(name);
    this.#remembered.delete(name);
    return found === undefined || nowMs > found.until ? undefined : found.carried;
  }

  #forget(nowMs: number): void {
    for (const [name, { until }] of this.#remembered) {
      if (until >= nowMs && this.#remembered.size < MOST_REMEMBERED) return;
      this.#remembered.delete(name);
    }
  }
}

function nameOf(bucket: Bucket, path: string): string {
  return `${bucket.dev}:${bucket.ino}/${path}`;
}
