/**
 * What is left of a completed upload for a day, `uploads/completed/ID/result`, so that Complete asked again gives
 * the answer it gave (a client whose connection broke cannot know).
 */
import type { ObjectKey, UploadId } from '../names.js';
import { renameAt, unlinkAt } from '../os/link.js';
import { readNamesList } from '../os/names.js';
import { closeFd, O, tryOpenBeneath } from '../os/open.js';
import { statFd } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { COMPLETED, UPLOADS } from './layout.js';
import type { ObjectInfo } from './model.js';
import { readResult, RESULT, type Upload } from './upload.js';
import { removeDirectory, uploadIdsIn } from './upload-directories.js';

const REPEATABLE_MS = 24 * 60 * 60 * 1000;

/**
 * Moves a completed upload away, in one step, and drops all of it but the result.
 * @returns the directories whose entries changed, open
 */
export function bury(bucket: Bucket, upload: Upload): readonly number[] {
  const changed = [bucket.openOwn(UPLOADS), bucket.openOwn(COMPLETED)] as const;
  try {
    renameAt(changed[0], upload.id, changed[1], upload.id);
  } catch (error) {
    // Somebody else was quicker.
    if (!isErrno(error, 'ENOENT', 'EEXIST', 'ENOTEMPTY')) throw error;
  }
  for (const { name } of readNamesList(upload.directory)) {
    if (name.toString('latin1') === RESULT) continue;
    try {
      unlinkAt(upload.directory, name);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
  return changed;
}

/** What Complete answered; undefined when there was none, or it was for another key. */
export function answered(bucket: Bucket, key: ObjectKey, id: UploadId): ObjectInfo | undefined {
  const fd = tryOpenBeneath(bucket.rootFd, `${COMPLETED}/${id}`, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return undefined;
  try {
    const info = readResult(fd)?.info;
    return info?.key === key ? info : undefined;
  } finally {
    closeFd(fd);
  }
}

/** Drops what was completed more than a day ago. */
export function forgetCompleted(bucket: Bucket, nowMs: number): void {
  for (const id of uploadIdsIn(bucket, COMPLETED)) {
    const fd = tryOpenBeneath(bucket.rootFd, `${COMPLETED}/${id}`, O.RDONLY | O.DIRECTORY);
    if (fd < 0) continue;
    try {
      // Its last change: the upload's files went when it was completed.
      const completed = Number(statFd(fd).mtimeNs / 1_000_000n);
      if (completed < nowMs - REPEATABLE_MS) removeDirectory(bucket, COMPLETED, id, fd);
    } finally {
      closeFd(fd);
    }
  }
}
