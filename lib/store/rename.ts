/**
 * RenameObject: one rename(2), under the locks of both keys. What is known of the object is on its inode and goes
 * with it.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html
 */
import { StoreError } from '../errors.js';
import type { ObjectKey } from '../names.js';
import { unlinkAt } from '../os/link.js';
import { isSymlink, tryStatAt } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { copyObject, keepType } from './copy.js';
import { closeAll, prune, standAgain } from './directories.js';
import { syncEntries } from './durability.js';
import { infoOf, inspect, type Inspection } from './inspect.js';
import { openDirectoryAt } from './locate.js';
import { withKeys } from './locks.js';
import type { ObjectInfo, WriteConditions } from './model.js';
import { ATTEMPTS, check, close, removeAt, removeOther } from './publish.js';
import { inspectQuiet } from './quiet.js';
import { dropRecord, type RecordWrite, writeRecord } from './records.js';
import { pruneHidden, remove } from './remove.js';
import { sameFile } from './stamp.js';
import { recordOf } from './tags.js';
import { openTarget, shadowed, type Target } from './target.js';
import { moveInto } from './temporary.js';

export interface RenameConditions {
  readonly source: WriteConditions;
  readonly target: WriteConditions;
}

interface Moved {
  readonly info: ObjectInfo;
  /** Directories whose entries changed, open. */
  readonly changed: readonly number[];
}

/**
 * What is at `to` is replaced, unless the conditions say otherwise. Between filesystems it is a copy and a delete.
 * @throws StoreError NoSuchKey, PreconditionFailed, NotSupported (a directory object)
 */
export async function renameObject(
  bucket: Bucket,
  from: ObjectKey,
  to: ObjectKey,
  conditions: RenameConditions,
): Promise<ObjectInfo> {
  // Its entity tag may be about to settle, and conditions name it. Nothing is waited for under the locks.
  close(await inspectQuiet(bucket, from));
  const moved = withKeys(bucket, [from, to], () => move(bucket, from, to, conditions));
  if (moved === 'copy') return copyAndRemove(bucket, from, to, conditions);
  await syncEntries(bucket.options.durability, moved.changed);
  return moved.info;
}

function move(bucket: Bucket, from: ObjectKey, to: ObjectKey, conditions: RenameConditions): Moved | 'copy' {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const source = inspect(bucket, from);
    const replaced = inspect(bucket, to);
    try {
      if (source === undefined)
        throw new StoreError('NoSuchKey', 'The specified key does not exist.', { key: from });
      check(from, conditions.source, source);
      check(to, conditions.target, replaced);
      if (from === to) return { info: infoOf(to, source), changed: [] };
      if (source.place.directory) {
        throw new StoreError(
          'NotSupported',
          'A directory object cannot be renamed: its keys would go along',
          {
            key: from,
          },
        );
      }
      const moved = tryMove(bucket, from, to, source, replaced);
      if (moved !== 'again') return moved;
    } finally {
      close(source);
      close(replaced);
    }
  }
  throw new StoreError('Conflict', `${from}: others keep changing it`, { key: from });
}

function tryMove(
  bucket: Bucket,
  from: ObjectKey,
  to: ObjectKey,
  source: Inspection,
  replaced: Inspection | undefined,
): Moved | 'copy' | 'again' {
  const changed: number[] = [];
  try {
    const directory = openDirectoryAt(bucket, source.place.parent);
    if (directory === undefined) return 'again';
    changed.push(directory);
    const there = tryStatAt(directory, source.place.name);
    if (there !== undefined && isSymlink(there)) return abandon(changed, 'copy');
    if (there === undefined || !sameFile(there, source.stat)) return abandon(changed, 'again');
    const target = openTarget(bucket, to, true);
    changed.push(target.directory, ...target.changed);
    putThere(bucket, from, to, { source, directory, target, replaced });
    changed.push(...removeOther(bucket, to, target), ...clearBehind(bucket, from, source));
    const now = inspect(bucket, to);
    try {
      if (now === undefined) throw new StoreError('Conflict', `${to} was changed right away`, { key: to });
      return { info: infoOf(to, now), changed };
    } finally {
      close(now);
    }
  } catch (error) {
    closeAll(changed);
    if (isErrno(error, 'EXDEV')) return 'copy';
    if (isErrno(error, 'ENOENT', 'EEXIST', 'ENOTEMPTY', 'ESTALE')) return 'again';
    throw error;
  }
}

function abandon<T>(opened: readonly number[], answer: T): T {
  closeAll(opened);
  return answer;
}

interface Move {
  readonly source: Inspection;
  /** The one the source stands in. */
  readonly directory: number;
  readonly target: Target;
  readonly replaced: Inspection | undefined;
}

function putThere(bucket: Bucket, from: ObjectKey, to: ObjectKey, job: Move): void {
  const { source, directory, target, replaced } = job;
  const written = writeMoved(bucket, from, to, source, replaced);
  try {
    if (target.existing !== undefined && sameFile(target.existing, source.stat)) {
      // rename(2) leaves two names of one file as they are.
      unlinkAt(directory, source.place.name);
    } else {
      const { name } = target.place;
      moveInto(directory, source.place.name, target.directory, name, target.existing !== undefined);
    }
  } catch (error) {
    written?.undo();
    throw error;
  }
  written?.finish();
  if (bucket.volume.attributes) dropRecord(bucket, to, replaced?.fd);
  else {
    if (written === undefined) dropRecord(bucket, to, undefined);
    dropRecord(bucket, from, undefined);
  }
}

/**
 * The record goes with the inode; it is written anew where it is kept by key, and when the new name would say
 * another type. Other hard links share it, and keep theirs as it is.
 */
function writeMoved(
  bucket: Bucket,
  from: ObjectKey,
  to: ObjectKey,
  source: Inspection,
  replaced: Inspection | undefined,
): RecordWrite | undefined {
  const { fd, record, stat } = source;
  if (fd === undefined) return undefined;
  const before = record?.system ?? {};
  const system = keepType(before, from, to);
  const { attributes } = bucket.volume;
  const needed = attributes
    ? system !== before && stat.nlink === 1
    : system !== before || record !== undefined;
  if (!needed) return undefined;
  return writeRecord(bucket, to, fd, { ...recordOf(from, source), system }, attributes ? fd : replaced?.fd);
}

/** What the key still had under `keys/` must not come to light, and directories made only to hold it go. */
function clearBehind(bucket: Bucket, from: ObjectKey, { place }: Inspection): number[] {
  if (place.kind === 'hidden') {
    standAgain(bucket, from);
    return list(pruneHidden(bucket, place.parent));
  }
  const hidden = shadowed(bucket, from);
  const cleared = hidden === undefined ? [] : removeAt(bucket, from, hidden.parent, hidden.name);
  return [...cleared, ...list(prune(bucket, place.parent))];
}

function list(fd: number | undefined): number[] {
  return fd === undefined ? [] : [fd];
}

async function copyAndRemove(
  bucket: Bucket,
  from: ObjectKey,
  to: ObjectKey,
  conditions: RenameConditions,
): Promise<ObjectInfo> {
  const found = await inspectQuiet(bucket, from);
  close(found);
  if (found === undefined)
    throw new StoreError('NoSuchKey', 'The specified key does not exist.', { key: from });
  check(from, conditions.source, found);
  const { etag, system, user, storageClass } = infoOf(from, found);
  const info = await copyObject(
    bucket,
    {
      source: { bucket: bucket.name, key: from },
      sourceEtag: etag,
      target: { bucket: bucket.name, key: to },
      attributes: { system: keepType(system, from, to), user, storageClass },
      tags: undefined,
      conditions: conditions.target,
      checksumAlgorithm: undefined,
    },
    bucket,
  );
  await remove(bucket, from, { ifMatch: [etag] });
  return info;
}
