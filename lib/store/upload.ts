/**
 * One upload in progress, opened: its directory `uploads/ID/` holds `log` (upload-log.ts), `content` (parts in
 * their slots), a file for each part that has no slot, and, once Complete is about to put the object in place,
 * `result`. The upload is over when its log is gone, or when `result` names a file that is not there any more:
 * the rename that published it was the last step that counts.
 *
 * Two locks, bytes of the log: one for appending, and one that who ends the upload holds while it does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../errors.js';
import type { ObjectKey, UploadId } from '../names.js';
import { closeFd, O, openAt, readFd, tryOpenAt, tryOpenBeneath, writeFd } from '../os/open.js';
import { lockRange, unlockRange } from '../os/range-lock.js';
import { statFd, tryStatAt } from '../os/stat.js';
import type { Bucket } from './bucket.js';
import { UPLOADS } from './layout.js';
import type { ObjectInfo } from './model.js';
import { sameFile } from './stamp.js';
import { decodeLine, encodeLine, type Entry, UploadLog, type UploadState } from './upload-log.js';

export const LOG = 'log';
export const CONTENT = 'content';
export const RESULT = 'result';

/** What Complete is going to answer, written before the object is put in place. */
export interface Result {
  /** In the upload's directory until it is renamed into place. */
  readonly file: string;
  readonly info: ObjectInfo;
}

export function noSuchUpload(id: string): StoreError {
  return new StoreError('NoSuchUpload', 'The specified upload does not exist.', { uploadId: id });
}

const HOLD = 0;
const APPEND = 1;
const LARGEST_RESULT = 16 * 1024 * 1024;
/** States this thread has read; an upload's log is read on from there. */
const REMEMBERED = 16;
const logs = new Map<string, UploadLog>();

function logOf(bucket: Bucket, id: UploadId): UploadLog {
  const name = `${bucket.dev}:${bucket.ino}:${id}`;
  const log = logs.get(name) ?? new UploadLog();
  logs.delete(name);
  logs.set(name, log);
  for (const oldest of logs.keys()) {
    if (logs.size <= REMEMBERED) break;
    logs.delete(oldest);
  }
  return log;
}

export class Upload {
  readonly id: UploadId;
  /** Its directory, open. */
  readonly directory: number;
  readonly #bucket: Bucket;
  readonly #fd: number;
  readonly #log: UploadLog;

  constructor(bucket: Bucket, id: UploadId, directory: number, fd: number) {
    this.id = id;
    this.directory = directory;
    this.#bucket = bucket;
    this.#fd = fd;
    this.#log = logOf(bucket, id);
  }

  /** The log, open: for syncing it. */
  get fd(): number {
    return this.#fd;
  }

  /** As it is now. @throws StoreError NoSuchUpload */
  state(): UploadState {
    const state = this.#log.read(this.#fd);
    if (state === undefined) throw noSuchUpload(this.id);
    return state;
  }

  /** Whether this file of its directory is that of an acknowledged part. */
  names(file: string): boolean {
    const parts = this.#log.read(this.#fd)?.parts.values() ?? [];
    return [...parts].some((part) => part.file === file);
  }

  /**
   * Runs `section`, which may append, while nobody else does.
   * @throws StoreError NoSuchUpload: it was ended meanwhile
   */
  update<T>(section: (state: UploadState, append: (entry: Entry) => void) => T): T {
    lockRange(this.#fd, APPEND, 1, { wait: true });
    try {
      if (statFd(this.#fd).nlink === 0 || this.completed() !== undefined) throw noSuchUpload(this.id);
      return section(this.state(), (entry) => this.#log.append(this.#fd, entry));
    } finally {
      unlockRange(this.#fd, APPEND, 1);
    }
  }

  /** Becomes the one that may end the upload, if nobody is. Until `close`. */
  tryHold(): boolean {
    return lockRange(this.#fd, HOLD, 1, { wait: false });
  }

  /** As tryHold, waiting. @returns false when the upload was ended meanwhile */
  async hold(): Promise<boolean> {
    for (let pause = 1; !this.tryHold(); pause = Math.min(2 * pause, 50)) await sleep(pause);
    return this.#stands();
  }

  #stands(): boolean {
    const there = tryOpenBeneath(this.#bucket.rootFd, `${UPLOADS}/${this.id}/${LOG}`, O.PATH | O.NOFOLLOW);
    if (there < 0) return false;
    try {
      return sameFile(statFd(there), statFd(this.#fd));
    } finally {
      closeFd(there);
    }
  }

  /** Its result, when the object has been put in place. */
  completed(): Result | undefined {
    const result = readResult(this.directory);
    return result !== undefined && tryStatAt(this.directory, result.file) === undefined ? result : undefined;
  }

  close(): void {
    closeFd(this.#fd);
    closeFd(this.directory);
  }
}

/** undefined when there is no such upload, or it is not whole yet. */
export function tryOpenUpload(bucket: Bucket, id: UploadId): Upload | undefined {
  const directory = tryOpenBeneath(bucket.rootFd, `${UPLOADS}/${id}`, O.RDONLY | O.DIRECTORY);
  if (directory < 0) return undefined;
  const fd = tryOpenAt(directory, LOG, O.RDWR | O.NONBLOCK);
  if (fd >= 0) return new Upload(bucket, id, directory, fd);
  closeFd(directory);
  return undefined;
}

/** @throws StoreError NoSuchUpload, also when it is another key's, or over */
export function openUpload(bucket: Bucket, key: ObjectKey, id: UploadId): Upload {
  const upload = tryOpenUpload(bucket, id);
  if (upload === undefined) throw noSuchUpload(id);
  try {
    if (upload.state().info.key !== key || upload.completed() !== undefined) throw noSuchUpload(id);
    return upload;
  } catch (error) {
    upload.close();
    throw error;
  }
}

/** Opens, uses and closes. */
export function withUpload<T>(bucket: Bucket, key: ObjectKey, id: UploadId, use: (upload: Upload) => T): T {
  const upload = openUpload(bucket, key, id);
  try {
    return use(upload);
  } finally {
    upload.close();
  }
}

/** Only by who holds the upload. @returns the file, open, for the caller to sync and close */
export function writeResult(directory: number, result: Result): number {
  const fd = openAt(directory, RESULT, O.WRONLY | O.CREAT | O.TRUNC, 0o600);
  const line = encodeLine(result);
  writeFd(fd, line, 0, line.length, 0);
  return fd;
}

/** undefined when there is none, or a crash left half of it. */
export function readResult(directory: number): Result | undefined {
  const fd = tryOpenAt(directory, RESULT, O.RDONLY | O.NONBLOCK);
  if (fd < 0) return undefined;
  try {
    const bytes = Buffer.allocUnsafe(Math.min(statFd(fd).size, LARGEST_RESULT));
    const size = readFd(fd, bytes, 0, bytes.length, 0);
    return decodeLine(bytes.subarray(0, Math.max(0, size - 1))) as Result | undefined;
  } finally {
    closeFd(fd);
  }
}
