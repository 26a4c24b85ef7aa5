/**
 * Where a key is to be published, decided under its lock on the tree as it stands: at its path when nothing is
 * in the way, else under `keys/`.
 */
import { tryOpenBeneath, closeFd, O } from '../os/open.js';
import { readNamesList } from '../os/names.js';
import { isFile, isSymlink, type Stat, tryStatAt } from '../os/stat.js';
import type { Bucket } from './bucket.js';
import { closeAll, ensureDirectory } from './directories.js';
import { hiddenPlace, type HiddenPlace, pathPlace, type Place } from './paths.js';

export interface Target {
  readonly place: Place;
  /** The directory the name will stand in, open; the caller closes it. */
  readonly directory: number;
  /** The file that stands there and is to be replaced. */
  readonly existing: Stat | undefined;
  /** Directories that got an entry on the way, open; the caller syncs and closes them. */
  readonly changed: readonly number[];
}

/** @param file false for a directory object: its name may be a directory already */
export function openTarget(bucket: Bucket, key: string, file: boolean): Target {
  const path = pathPlace(key);
  const fits = path !== undefined && path.directory === !file;
  return (
    (fits ? openPathTarget(bucket, path, file) : undefined) ?? openHiddenTarget(bucket, hiddenPlace(key))
  );
}

function openPathTarget(bucket: Bucket, place: Place, file: boolean): Target | undefined {
  const parent = ensureDirectory(bucket, place.parent);
  if (parent === undefined) return undefined;
  const existing = tryStatAt(parent.fd, place.name);
  if (existing !== undefined && !mayReplace(bucket, parent.fd, place.name, existing, file)) {
    closeAll([parent.fd, ...parent.changed]);
    return undefined;
  }
  return { place, directory: parent.fd, existing, changed: parent.changed };
}

function mayReplace(bucket: Bucket, directory: number, name: string, existing: Stat, file: boolean): boolean {
  if (bucket.volume.folds && !isSpelled(directory, name)) return false;
  if (!file) return !isFile(existing) && !isSymlink(existing);
  return isFile(existing) || (bucket.options.followSymlinks && isSymlink(existing));
}

function isSpelled(directory: number, name: string): boolean {
  const wanted = Buffer.from(name);
  return readNamesList(directory).some((entry) => entry.name.equals(wanted));
}

function openHiddenTarget(bucket: Bucket, place: HiddenPlace): Target {
  const directory = bucket.openOwn(place.parent);
  return { place, directory, existing: tryStatAt(directory, place.name), changed: [] };
}

/** What is stored under `keys/` for a key whose path has come free: the place, when something is there. */
export function shadowed(bucket: Bucket, key: string): HiddenPlace | undefined {
  const place = hiddenPlace(key);
  const fd = tryOpenBeneath(bucket.rootFd, place.path, O.PATH | O.NOFOLLOW);
  if (fd < 0) return undefined;
  closeFd(fd);
  return place;
}
