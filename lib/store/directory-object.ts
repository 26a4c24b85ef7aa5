/** `PUT a/`: a directory that is an object. It lists as `a/`, has metadata, and has no content. */
import { StoreError } from '../errors.js';
import type { ObjectKey } from '../names.js';
import { closeFd, O, openAt } from '../os/open.js';
import { isErrno } from '../os/system-error.js';
import { realtimeNs } from '../os/times.js';
import type { Bucket } from './bucket.js';
import { closeAll, makeMarked } from './directories.js';
import { syncEntries } from './durability.js';
import { inspect } from './inspect.js';
import { withKeys } from './locks.js';
import type { ObjectInfo, WriteConditions } from './model.js';
import { ATTEMPTS, check, close, infoOfRecord, removeAt } from './publish.js';
import type { Record } from './record.js';
import { writeRecord } from './records.js';
import { openTarget, shadowed, type Target } from './target.js';

/** @returns undefined when no directory can stand there: the object goes under `keys/`, as a file */
export async function publishDirectory(
  bucket: Bucket,
  key: ObjectKey,
  about: Omit<Record, 'kind' | 'fingerprint' | 'parts'>,
  conditions: WriteConditions,
): Promise<ObjectInfo | undefined> {
  const fingerprint = { size: 0, mtimeNs: realtimeNs() };
  const record: Record = { ...about, kind: 'directory', fingerprint, parts: undefined };
  const changed = withKeys(bucket, [key], () => putDirectory(bucket, key, record, conditions));
  if (changed === undefined) return undefined;
  await syncEntries(bucket.options.durability, changed);
  return infoOfRecord(key, record);
}

/** Under the key's lock. @returns the directories to sync, open; undefined: no directory can stand there */
function putDirectory(
  bucket: Bucket,
  key: ObjectKey,
  record: Record,
  conditions: WriteConditions,
): readonly number[] | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const current = inspect(bucket, key);
    try {
      check(key, conditions, current);
    } finally {
      close(current);
    }
    const changed = tryPut(bucket, key, record);
    if (changed !== 'again') return changed;
  }
  throw new StoreError('Conflict', `${key}: others keep changing it`, { key });
}

function tryPut(bucket: Bucket, key: ObjectKey, record: Record): readonly number[] | undefined | 'again' {
  let target: Target | undefined;
  try {
    target = openTarget(bucket, key, false);
    if (target.place.kind === 'hidden') {
      closeAll([target.directory, ...target.changed]);
      return undefined;
    }
    if (!mark(bucket, key, record, target)) {
      closeAll([target.directory, ...target.changed]);
      return 'again';
    }
  } catch (error) {
    if (target !== undefined) closeAll([target.directory, ...target.changed]);
    if (isErrno(error, 'ENOENT', 'ESTALE')) return 'again';
    throw error;
  }
  const hidden = shadowed(bucket, key);
  const shadow = hidden === undefined ? [] : removeAt(bucket, key, hidden.parent, hidden.name);
  return [target.directory, ...target.changed, ...shadow];
}

/** The record on the directory that is there, or on a new one. @returns false: look again */
function mark(bucket: Bucket, key: ObjectKey, record: Record, target: Target): boolean {
  if (target.existing === undefined)
    return makeMarked(bucket, target.directory, key, target.place.name, record);
  const fd = openAt(target.directory, target.place.name, O.RDONLY | O.DIRECTORY);
  try {
    writeRecord(bucket, key, fd, record, fd).finish();
    return true;
  } finally {
    closeFd(fd);
  }
}
