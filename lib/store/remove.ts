/** Deleting an object: its name goes, under the key's lock, and with it the directories made only to hold it. */
import type { ObjectKey } from '../names.js';
import { StoreError } from '../errors.js';
import { closeFd, O, openAt } from '../os/open.js';
import { rmdirAt, unlinkAt } from '../os/link.js';
import { tryStatAt } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { closeAll, disown, prune, standAgain } from './directories.js';
import { syncEntries } from './durability.js';
import { inspectAt, type Inspection } from './inspect.js';
import { openDirectoryAt } from './locate.js';
import { withKeys } from './locks.js';
import type { WriteConditions } from './model.js';
import { hiddenPlace, pathPlace } from './paths.js';
import { ATTEMPTS, check, close } from './publish.js';
import { dropRecord } from './records.js';
import { sameFile } from './stamp.js';

/** Succeeds as well when there is nothing to delete. @throws StoreError PreconditionFailed */
export async function remove(bucket: Bucket, key: ObjectKey, conditions: WriteConditions): Promise<void> {
  await syncEntries(bucket.options.durability, unlinkKey(bucket, key, conditions));
}

/** As `remove`, without waiting for the disk. @returns the directories to sync and close */
export function unlinkKey(bucket: Bucket, key: ObjectKey, conditions: WriteConditions): readonly number[] {
  return withKeys(bucket, [key], () => {
    const changed: number[] = [];
    let conditional: WriteConditions | undefined = conditions;
    // The path first, then what it may have hidden under `keys/`, which must not come to light.
    for (const place of [pathPlace(key), hiddenPlace(key)]) {
      if (place === undefined) continue;
      for (let attempt = 0; ; attempt++) {
        const found = inspectAt(bucket, key, place);
        if (found === undefined) break;
        try {
          if (conditional !== undefined) check(key, conditional, found);
          conditional = undefined;
          const done = unlinkFound(bucket, key, found);
          if (done !== undefined) {
            changed.push(...done);
            break;
          }
        } catch (error) {
          closeAll(changed);
          throw error;
        } finally {
          close(found);
        }
        if (attempt === ATTEMPTS)
          throw new StoreError('Conflict', `${key}: others keep changing it`, { key });
      }
    }
    return changed;
  });
}

/** @returns the directories that changed, open; undefined: something else stands there now, look again */
function unlinkFound(bucket: Bucket, key: ObjectKey, found: Inspection): number[] | undefined {
  const { place, stat, fd } = found;
  const directory = openDirectoryAt(bucket, place.parent);
  if (directory === undefined) return undefined;
  try {
    const there = tryStatAt(directory, place.name);
    if (there === undefined || (!bucket.options.followSymlinks && !sameFile(there, stat))) {
      closeFd(directory);
      return undefined;
    }
    if (place.directory) removeDirectory(bucket, key, directory, place.name);
    else {
      unlinkAt(directory, place.name);
      dropRecord(bucket, key, fd);
      if (place.kind === 'hidden') standAgain(bucket, key);
    }
  } catch (error) {
    closeFd(directory);
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
  const pruned = place.kind === 'path' ? prune(bucket, place.parent) : pruneHidden(bucket, place.parent);
  return pruned === undefined ? [directory] : [directory, pruned];
}

/** An empty directory goes; one that holds keys stays, to hold them. */
function removeDirectory(bucket: Bucket, key: ObjectKey, parent: number, name: string): void {
  const fd = openAt(parent, name, O.RDONLY | O.DIRECTORY);
  try {
    rmdirAt(parent, name);
    dropRecord(bucket, key, fd);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    disown(bucket, key);
  } finally {
    closeFd(fd);
  }
}

/** Directories of chunks under `keys/` go when they empty; `keys/` itself stays. */
export function pruneHidden(bucket: Bucket, path: string): number | undefined {
  const slash = path.lastIndexOf('/');
  if (path.split('/').length <= 2) return undefined;
  const parent = openDirectoryAt(bucket, path.slice(0, slash));
  if (parent === undefined) return undefined;
  try {
    rmdirAt(parent, path.slice(slash + 1));
  } catch (error) {
    closeFd(parent);
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) return undefined;
    throw error;
  }
  const above = pruneHidden(bucket, path.slice(0, slash));
  if (above === undefined) return parent;
  closeFd(parent);
  return above;
}
