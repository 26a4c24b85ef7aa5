/** The directories under `uploads/`: finding them, and removing one with the files in it. */
import type { UploadId } from '../names.js';
import { rmdirAt, unlinkAt } from '../os/link.js';
import { readNamesList } from '../os/names.js';
import { closeFd, O, tryOpenBeneath } from '../os/open.js';
import { isErrno } from '../os/system-error.js';
import type { Bucket } from './bucket.js';

/** What stands in a directory of ours under a name of 32 hex digits. */
export function uploadIdsIn(bucket: Bucket, path: string): UploadId[] {
  const fd = tryOpenBeneath(bucket.rootFd, path, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return [];
  try {
    const names = readNamesList(fd).map(({ name }) => name.toString('latin1'));
    return names.filter((name): name is UploadId => /^[0-9a-f]{32}$/.test(name));
  } finally {
    closeFd(fd);
  }
}

/**
 * Removes a directory of plain files, which others may be emptying as well.
 * @param path the directory it is in, of ours
 * @param directory its descriptor
 */
export function removeDirectory(bucket: Bucket, path: string, name: string, directory: number): void {
  for (const entry of readNamesList(directory)) {
    ignoring(['ENOENT'], () => unlinkAt(directory, entry.name));
  }
  const parent = bucket.openOwn(path);
  try {
    // A part that is being received may still make a file: the sweep removes what is left.
    ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdirAt(parent, name));
  } finally {
    closeFd(parent);
  }
}

function ignoring(codes: readonly string[], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isErrno(error, ...codes)) throw error;
  }
}
