/**
 * Publishing: new content, complete and synced with its record on it, appears under its key in one step.
 * Before that instant everybody sees the old object, after it the new one. Only that step holds the key's lock.
 */
import { StoreError } from '../errors.js';
import type { Checksum } from '../checksum.js';
import type { ObjectKey } from '../names.js';
import { closeFd, closeLater, O, openAt } from '../os/open.js';
import { startWriting } from '../os/fsync.js';
import { copyContent } from '../os/copy.js';
import { realtimeNs, setModified } from '../os/times.js';
import { unlinkAt } from '../os/link.js';
import { isSymlink, statFd } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { checkConditions, isUnconditional } from './conditions.js';
import { closeAll, standBehind } from './directories.js';
import { syncContent, syncEntries } from './durability.js';
import { infoOf, inspect, type Inspection } from './inspect.js';
import { openDirectoryAt } from './locate.js';
import { withKeys } from './locks.js';
import type { ObjectAttributes, ObjectInfo, ObjectPart, WriteConditions } from './model.js';
import { inheritFrom } from './ownership.js';
import { contentTypeOf } from './content-type.js';
import { pathPlace } from './paths.js';
import type { Record } from './record.js';
import { dropRecord, writeRecord } from './records.js';
import { milliseconds, sameFile } from './stamp.js';
import { openTarget, shadowed, type Target } from './target.js';
import { closeTemporary, dropTemporary, makeTemporary, place, type Temporary } from './temporary.js';
import { modificationTime } from './volume.js';

/** Content in a temporary file, and what is to be known of it. */
export interface NewContent {
  readonly temporary: Temporary;
  readonly attributes: ObjectAttributes;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: readonly Checksum[];
  readonly parts: readonly ObjectPart[] | undefined;
  /** Runs before the content is put in place, each time that is about to be tried, with what will be answered. */
  readonly prepare?: (info: ObjectInfo) => Promise<void>;
}

/** How often the tree may change under us before we say so: each time, somebody else got something done. */
export const ATTEMPTS = 200;

/** @throws StoreError PreconditionFailed, NoSuchKey; the temporary file is still the caller's to drop */
export async function publish(
  bucket: Bucket,
  key: ObjectKey,
  content: NewContent,
  conditions: WriteConditions,
): Promise<ObjectInfo> {
  let moved: Temporary | undefined;
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const replaced = inspect(bucket, key);
      try {
        if (!isUnconditional(conditions)) check(key, conditions, replaced);
        const here = moved === undefined ? content : { ...content, temporary: moved };
        const info = await publishOver(bucket, key, here, conditions, replaced);
        if (info !== undefined) return info;
      } catch (error) {
        if (moved !== undefined || !isErrno(error, 'EXDEV')) throw error;
        moved = onOtherFileSystem(bucket, key, content.temporary);
      } finally {
        close(replaced);
      }
    }
  } finally {
    if (moved !== undefined) dropTemporary(bucket, moved);
  }
  throw new StoreError('Conflict', `${key}: others keep changing it`, { key });
}

/**
 * The key's place is not on the filesystem the content was received on: one is mounted inside the bucket, and
 * the key goes under `keys/`, or the mount came or went meanwhile. So the content is copied.
 */
function onOtherFileSystem(bucket: Bucket, key: ObjectKey, { fd }: Temporary): Temporary {
  const inside = statFd(fd).dev !== bucket.dev;
  const copy = makeTemporary(bucket, inside ? '' : (pathPlace(key)?.parent ?? ''));
  try {
    copyContent(fd, copy.fd);
    return copy;
  } catch (error) {
    dropTemporary(bucket, copy);
    throw error;
  }
}

export function check(key: ObjectKey, conditions: WriteConditions, current: Inspection | undefined): void {
  checkConditions(conditions, current === undefined ? undefined : infoOf(key, current));
}

/** Freeing a gigabyte takes ext4 a third of a second, beginning to write it half a second. */
const LARGE = 16 * 1024 * 1024;

export function close(inspection: Inspection | undefined): void {
  if (inspection?.fd === undefined) return;
  const { fd, stat } = inspection;
  if (stat.size >= LARGE && statFd(fd).nlink === 0) closeLater(fd);
  else closeFd(fd);
}

/** @returns undefined when what it was prepared to replace is not there any more */
async function publishOver(
  bucket: Bucket,
  key: ObjectKey,
  content: NewContent,
  conditions: WriteConditions,
  replaced: Inspection | undefined,
): Promise<ObjectInfo | undefined> {
  const { fd } = content.temporary;
  if (replaced?.fd !== undefined && !replaced.place.directory) inheritFrom(replaced.fd, fd);
  const record = recordFor(bucket, content);
  const written = writeRecord(bucket, key, fd, record, replaced?.fd);
  let changed: readonly number[] | undefined;
  try {
    await together([
      replaced === undefined ? undefined : writtenOut(bucket, fd, record.fingerprint.size),
      syncContent(bucket.options.durability, fd),
      content.prepare?.(infoOfRecord(key, record)),
    ]);
    changed = withKeys(bucket, [key], () => putInPlace(bucket, key, content, conditions, replaced));
  } finally {
    if (changed === undefined) written.undo();
  }
  if (changed === undefined) return undefined;
  try {
    closeTemporary(content.temporary);
    written.finish();
  } finally {
    await syncEntries(bucket.options.durability, changed);
  }
  return infoOfRecord(key, record);
}

/** What ext4 would do in rename(2) over another file, while we hold the key's lock and keep a thread waiting. */
function writtenOut({ options }: Bucket, fd: number, size: number): Promise<void> | undefined {
  return options.durability === 'none' && size >= LARGE ? startWriting(fd, 0, 0) : undefined;
}

/** All of it is over, also when some of it failed: descriptors are in use until then. */
async function together(work: readonly (Promise<void> | undefined)[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

function recordFor(bucket: Bucket, content: NewContent): Record {
  const { fd } = content.temporary;
  const wanted = modificationTime(bucket.volume, realtimeNs());
  setModified(fd, wanted);
  const { size, mtimeNs } = statFd(fd);
  const { attributes, etag, checksums, parts } = content;
  const { system, user, tags, storageClass } = attributes;
  const fingerprint = { size, mtimeNs };
  return { kind: 'file', fingerprint, etag, checksums, parts, system, user, tags, storageClass };
}

/** What HEAD will say of the record just published. */
export function infoOfRecord(key: ObjectKey, record: Record): ObjectInfo {
  const { fingerprint, system, user, tags, storageClass, etag, checksums, parts } = record;
  const info = {
    key,
    size: fingerprint.size,
    modified: milliseconds(fingerprint.mtimeNs),
    contentType: system.contentType ?? contentTypeOf(key),
    system,
    user,
    tags,
    storageClass,
    etag,
    checksums,
  };
  return parts === undefined ? info : { ...info, parts };
}

/**
 * Under the key's lock.
 * @returns the directories whose entries changed, open; undefined: prepared for another state, start over
 */
function putInPlace(
  bucket: Bucket,
  key: ObjectKey,
  content: NewContent,
  conditions: WriteConditions,
  replaced: Inspection | undefined,
): readonly number[] | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (!isUnconditional(conditions)) recheck(bucket, key, conditions);
    const target = openTargetAgain(bucket, key);
    if (target === undefined) continue;
    if (!replaces(target, replaced)) {
      closeAll([target.directory, ...target.changed]);
      return undefined;
    }
    try {
      place(bucket, content.temporary, target.directory, target.place.name, target.existing !== undefined);
    } catch (error) {
      closeAll([target.directory, ...target.changed]);
      // The directory went, or the name came, between looking and acting: look again.
      if (isErrno(error, 'ENOENT', 'EEXIST', 'ENOTEMPTY', 'ESTALE')) continue;
      throw error;
    }
    return [target.directory, ...target.changed, ...removeOther(bucket, key, target)];
  }
  return undefined;
}

function recheck(bucket: Bucket, key: ObjectKey, conditions: WriteConditions): void {
  const current = inspect(bucket, key);
  try {
    check(key, conditions, current);
  } finally {
    close(current);
  }
}

function openTargetAgain(bucket: Bucket, key: ObjectKey): Target | undefined {
  try {
    return openTarget(bucket, key, true);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESTALE')) return undefined;
    throw error;
  }
}

/** Nothing is in the target's place, or exactly what the new content was made to replace. */
function replaces(target: Target, replaced: Inspection | undefined): boolean {
  if (target.existing === undefined || isSymlink(target.existing)) return true;
  return replaced?.place.path === target.place.path && sameFile(target.existing, replaced.stat);
}

/** An object of this key at its other place would hide the new one, or come back to light one day. */
export function removeOther(bucket: Bucket, key: ObjectKey, target: Target): number[] {
  if (target.place.kind === 'hidden') {
    standBehind(bucket, key);
    return [];
  }
  const hidden = shadowed(bucket, key);
  return hidden === undefined ? [] : removeAt(bucket, key, hidden.parent, hidden.name);
}

/**
 * Unlinks a name of ours, which the object of that key at its path has replaced: where records are kept by key,
 * there is one for both, and it is the new one's. @returns the directory that lost it, open
 */
export function removeAt(bucket: Bucket, key: ObjectKey, parent: string, name: string): number[] {
  const directory = openDirectoryAt(bucket, parent);
  if (directory === undefined) return [];
  try {
    const fd = openAt(directory, name, O.RDONLY | O.NONBLOCK);
    try {
      unlinkAt(directory, name);
      if (bucket.volume.attributes) dropRecord(bucket, key, fd);
    } finally {
      closeFd(fd);
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      closeFd(directory);
      throw error;
    }
  }
  return [directory];
}
