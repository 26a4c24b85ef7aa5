/**
 * Completing a multipart upload. Where the parts stand in their slots the content file is the object already, and
 * is renamed into place; otherwise they are put together in a file beside it, which is. Before that rename the
 * answer is written down, so that at whatever instant a crash comes, either the upload is as it was or a repeated
 * Complete gets the answer.
 */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.js';
import { multipartEtag } from '../hash/composite.js';
import type { ObjectKey, UploadId } from '../names.js';
import { truncate } from '../os/copy.js';
import { unlinkAt } from '../os/link.js';
import { closeFd, O, openAt, tryOpenAt } from '../os/open.js';
import { lockRange } from '../os/range-lock.js';
import { reopen } from '../os/reopen.js';
import { statFd } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { type Completion, planCompletion, SMALLEST_PART } from './completion.js';
import { syncContent, syncEntries } from './durability.js';
import type { ObjectInfo } from './model.js';
import { becomeLike } from './ownership.js';
import { pathPlace } from './paths.js';
import { type NewContent, publish } from './publish.js';
import type { CompleteRequest } from './store.js';
import { closeTemporary, dropTemporary, makeTemporary, type Temporary } from './temporary.js';
import { answered, bury } from './tombstone.js';
import { copyInTurns } from './turns.js';
import { CONTENT, noSuchUpload, RESULT, tryOpenUpload, type Upload, writeResult } from './upload.js';
import type { UploadState } from './upload-log.js';

/** How often parts may be uploaded again under us. */
const ATTEMPTS = 10;

/**
 * Repeated, also from elsewhere, it gives the same answer for a day; one that fails leaves the upload as it was.
 * @throws StoreError NoSuchUpload, those of planCompletion, PreconditionFailed, NoSuchKey
 */
export async function completeUpload(
  bucket: Bucket,
  key: ObjectKey,
  id: UploadId,
  request: CompleteRequest,
  smallestPart: number = SMALLEST_PART,
): Promise<ObjectInfo> {
  for (;;) {
    const upload = tryOpenUpload(bucket, id);
    if (upload === undefined) return repeated(answered(bucket, key, id), id, request);
    try {
      // Another Complete, or an Abort, is under way: see afterwards what is left.
      if (!(await upload.hold())) continue;
      const result = upload.completed();
      if (result === undefined) return await complete(bucket, key, upload, request, smallestPart);
      await syncEntries(bucket.options.durability, bury(bucket, upload));
    } finally {
      upload.close();
    }
  }
}

function repeated(info: ObjectInfo | undefined, id: UploadId, { parts }: CompleteRequest): ObjectInfo {
  if (info === undefined || info.etag !== multipartEtag(parts.map(({ etag }) => etag)))
    throw noSuchUpload(id);
  return info;
}

async function complete(
  bucket: Bucket,
  key: ObjectKey,
  upload: Upload,
  request: CompleteRequest,
  smallestPart: number,
): Promise<ObjectInfo> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const state = upload.state();
    if (state.info.key !== key) throw noSuchUpload(upload.id);
    const plan = planCompletion(state, request, smallestPart);
    const job: Job = { bucket, key, upload, request, state, plan };
    // What it would be like, had it been put there: owner, mode, ACL, and which filesystem that is.
    const model = makeTemporary(bucket, pathPlace(key)?.parent ?? '');
    try {
      const info = (await publishRenamed(job, model)) ?? (await publishCopied(job, model));
      await syncEntries(bucket.options.durability, bury(bucket, upload));
      return info;
    } catch (error) {
      // A part was uploaded again since we looked, and its old file is gone.
      if (!isErrno(error, PART_GONE)) throw error;
    } finally {
      dropTemporary(bucket, model);
    }
  }
  throw new StoreError('Conflict', `${key}: parts keep being uploaded again`, { key });
}

interface Job {
  readonly bucket: Bucket;
  readonly key: ObjectKey;
  readonly upload: Upload;
  readonly request: CompleteRequest;
  readonly state: UploadState;
  readonly plan: Completion;
}

/** @returns undefined when the key is on another filesystem than the upload */
async function publishRenamed(job: Job, model: Temporary): Promise<ObjectInfo | undefined> {
  const { upload, plan } = job;
  if (statFd(model.fd).dev !== statFd(upload.directory).dev) return undefined;
  const content = plan.inPlace ? takeContent(upload, plan.size) : undefined;
  const { fd, name } = content ?? (await assemble(job));
  const temporary: Temporary = { fd, name, directory: upload.directory };
  try {
    becomeLike(model.fd, fd);
    return await publishPrepared(job, temporary, name);
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) throw error;
    return undefined; // a mount that is the same filesystem, seen from elsewhere
  } finally {
    if (temporary.name !== undefined && content === undefined) {
      // In this order: a result whose file is gone says that the file was published.
      unlinkIfThere(upload.directory, RESULT);
      unlinkIfThere(upload.directory, name);
    }
    closeTemporary(temporary);
  }
}

interface NamedFile {
  readonly fd: number;
  readonly name: string;
}

/** The content file, held against new claims, when nobody is writing into it. */
function takeContent(upload: Upload, size: number): NamedFile | undefined {
  const fd = tryOpenAt(upload.directory, CONTENT, O.RDWR);
  if (fd < 0) return undefined;
  if (!lockRange(fd, 0, 0, { wait: false }) || statFd(fd).size < size) {
    closeFd(fd);
    return undefined;
  }
  // Behind the last part is what attempts left that were given up.
  if (statFd(fd).size > size) truncate(fd, size);
  return { fd, name: CONTENT };
}

async function assemble({ upload, plan, state }: Job): Promise<NamedFile> {
  const name = `assembled.${randomBytes(8).toString('hex')}`;
  const fd = upload.update(() => {
    const made = openAt(upload.directory, name, O.RDWR | O.CREAT | O.EXCL, 0o600);
    lockRange(made, 0, 0, { wait: false });
    return made;
  });
  try {
    await copyParts(upload, state, plan, fd);
    return { fd, name };
  } catch (error) {
    closeFd(fd);
    unlinkIfThere(upload.directory, name);
    throw error;
  }
}

const PART_GONE = 'ENOENT';

async function copyParts(upload: Upload, state: UploadState, plan: Completion, to: number): Promise<void> {
  let at = 0;
  for (const { number, size, file } of plan.parts) {
    const from = openAt(upload.directory, file ?? CONTENT, O.RDONLY);
    try {
      const offset = file === undefined ? (number - 1) * (state.slotSize ?? 0) : 0;
      await copyInTurns(from, offset, to, at, size);
    } finally {
      closeFd(from);
    }
    at += size;
  }
}

async function publishCopied(job: Job, model: Temporary): Promise<ObjectInfo> {
  const { bucket, upload, state, plan } = job;
  await copyParts(upload, state, plan, model.fd);
  const info = await publish(bucket, job.key, contentOf(job, model), job.request.conditions);
  // Not one step with the above: should we die in between, the upload can be completed once more.
  closeFd(writeResult(upload.directory, { file: 'none', info }));
  return info;
}

/** Publishes a file of the upload's directory, whose absence there says that it was. */
function publishPrepared(job: Job, temporary: Temporary, file: string): Promise<ObjectInfo> {
  const { bucket, key, upload, request } = job;
  const { durability } = bucket.options;
  const prepare = async (info: ObjectInfo): Promise<void> => {
    const result = writeResult(upload.directory, { file, info });
    try {
      await syncContent(durability, result);
    } finally {
      closeFd(result);
    }
    await syncEntries(durability, [reopen(upload.directory, O.RDONLY)]);
  };
  return publish(bucket, key, { ...contentOf(job, temporary), prepare }, request.conditions);
}

function contentOf({ state, plan }: Job, temporary: Temporary): NewContent {
  const { etag, checksums, objectParts } = plan;
  return { temporary, attributes: state.info.attributes, etag, checksums, parts: objectParts };
}

function unlinkIfThere(directory: number, name: string): void {
  try {
    unlinkAt(directory, name);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
