/**
 * Multipart uploads from Create to their end, other than by Complete (complete.ts).
 * docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.js';
import { type ObjectKey, parseUploadId, type UploadId } from '../names.js';
import { mkdirAt, unlinkAt } from '../os/link.js';
import { readNamesList } from '../os/names.js';
import { closeFd, O, openAt, tryOpenAt, tryOpenBeneath, writeFd } from '../os/open.js';
import { lockRange } from '../os/range-lock.js';
import { statFd } from '../os/stat.js';
import type { Bucket } from './bucket.js';
import { closeAll } from './directories.js';
import { syncContent, syncEntries } from './durability.js';
import { UPLOADS } from './layout.js';
import type { UploadInfo } from './model.js';
import type { CreateUploadRequest } from './store.js';
import { bury, forgetCompleted } from './tombstone.js';
import { CONTENT, LOG, noSuchUpload, RESULT, tryOpenUpload, type Upload, withUpload } from './upload.js';
import { removeDirectory, uploadIdsIn } from './upload-directories.js';
import { encodeLine } from './upload-log.js';

/** A directory without a log is one being made, or what a crash left of that. */
const MAKING_MS = 60 * 60 * 1000;

/** 12 digits of milliseconds, 20 of chance: ids of one key sort in the order they were made. */
export function newUploadId(nowMs: number): UploadId {
  return parseUploadId(`${nowMs.toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`);
}

export async function createUpload(
  bucket: Bucket,
  key: ObjectKey,
  request: CreateUploadRequest,
  nowMs: number = Date.now(),
): Promise<UploadInfo> {
  const { owner, attributes, checksumAlgorithm, checksumType } = request;
  const info: UploadInfo = {
    id: newUploadId(nowMs),
    key,
    initiated: nowMs,
    owner,
    attributes,
    ...(checksumAlgorithm === undefined ? {} : { checksumAlgorithm }),
    ...(checksumType === undefined ? {} : { checksumType }),
  };
  const uploads = bucket.openOwn(UPLOADS);
  mkdirAt(uploads, info.id, 0o700);
  const directory = openAt(uploads, info.id, O.RDONLY | O.DIRECTORY);
  const log = openAt(directory, LOG, O.RDWR | O.CREAT | O.EXCL, 0o600);
  try {
    const line = encodeLine({ kind: 'upload', info });
    writeFd(log, line, 0, line.length, 0);
    await syncContent(bucket.options.durability, log);
  } finally {
    closeFd(log);
    await syncEntries(bucket.options.durability, [directory, uploads]);
  }
  return info;
}

/** @throws StoreError NoSuchUpload, also when it is another key's */
export function findUpload(bucket: Bucket, key: ObjectKey, id: UploadId): UploadInfo {
  return withUpload(bucket, key, id, (upload) => upload.state().info);
}

/** Waits for a Complete that is under way. @throws StoreError NoSuchUpload */
export async function abortUpload(bucket: Bucket, key: ObjectKey, id: UploadId): Promise<void> {
  const upload = tryOpenUpload(bucket, id);
  if (upload === undefined) throw noSuchUpload(id);
  try {
    if (!(await upload.hold()) || upload.completed() !== undefined) throw noSuchUpload(id);
    if (upload.state().info.key !== key) throw noSuchUpload(id);
    removeUpload(bucket, upload);
  } finally {
    upload.close();
  }
  await syncEntries(bucket.options.durability, [bucket.openOwn(UPLOADS)]);
}

/** By who holds it. The log goes first: from then on there is no such upload, whatever else is still there. */
function removeUpload(bucket: Bucket, upload: Upload): void {
  upload.update(() => unlinkAt(upload.directory, LOG));
  removeDirectory(bucket, UPLOADS, upload.id, upload.directory);
}

/**
 * Ends the uploads begun before `nowMs - olderThanMs`, except those somebody is completing, and forgets
 * completed ones after a day.
 * @returns how many uploads were ended
 */
export function expireUploads(bucket: Bucket, olderThanMs: number, nowMs: number): number {
  let ended = 0;
  for (const id of uploadIdsIn(bucket, UPLOADS)) {
    const upload = tryOpenUpload(bucket, id);
    if (upload === undefined) continue;
    try {
      if (upload.state().info.initiated >= nowMs - olderThanMs) continue;
      if (upload.completed() !== undefined || !upload.tryHold()) continue;
      removeUpload(bucket, upload);
      ended++;
    } catch (error) {
      if (!hasEnded(error)) throw error;
    } finally {
      upload.close();
    }
  }
  forgetCompleted(bucket, nowMs);
  return ended;
}

/**
 * Removes what crashes left: files that no acknowledged part names and nobody holds, half-made uploads.
 * @returns how many files
 */
export function sweepUploads(bucket: Bucket, nowMs: number): number {
  let removed = 0;
  for (const id of uploadIdsIn(bucket, UPLOADS)) {
    const upload = tryOpenUpload(bucket, id);
    if (upload === undefined) {
      removed += sweepHalfMade(bucket, id, nowMs);
      continue;
    }
    try {
      if (upload.tryHold()) removed += sweepUpload(upload);
    } catch (error) {
      if (!hasEnded(error)) throw error;
      if (upload.completed() !== undefined) closeAll(bury(bucket, upload));
      else removed += sweepHalfMade(bucket, id, nowMs);
    } finally {
      upload.close();
    }
  }
  return removed;
}

/** By who holds it: nobody is completing it. */
function sweepUpload(upload: Upload): number {
  return upload.update(({ parts }) => {
    const kept = new Set([LOG, CONTENT, ...[...parts.values()].map(({ file }) => file)]);
    const names = readNamesList(upload.directory).filter(({ name }) => !kept.has(name.toString('latin1')));
    // First what a Complete was about to answer: without its file it would say that the file was published.
    names.sort((a, b) => Number(isResult(b)) - Number(isResult(a)));
    return names.filter(({ name }) => unlinkUnheld(upload.directory, name)).length;
  });
}

function isResult({ name }: { readonly name: Buffer }): boolean {
  return name.toString('latin1') === RESULT;
}

/** Somebody ended the upload meanwhile, or a crash kept it from beginning. */
function hasEnded(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'NoSuchUpload';
}

function sweepHalfMade(bucket: Bucket, id: UploadId, nowMs: number): number {
  const fd = tryOpenBeneath(bucket.rootFd, `${UPLOADS}/${id}`, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return 0;
  try {
    if (Number(statFd(fd).mtimeNs / 1_000_000n) > nowMs - MAKING_MS) return 0;
    removeDirectory(bucket, UPLOADS, id, fd);
    return 1;
  } finally {
    closeFd(fd);
  }
}

/** Unlinks a file unless somebody holds it by a lock. */
function unlinkUnheld(directory: number, name: Buffer): boolean {
  const fd = tryOpenAt(directory, name, O.RDWR | O.NONBLOCK);
  if (fd < 0) return false;
  try {
    if (!lockRange(fd, 0, 0, { wait: false })) return false;
    unlinkAt(directory, name);
    return true;
  } finally {
    closeFd(fd);
  }
}
