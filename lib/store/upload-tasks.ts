/** What a store thread does with multipart uploads, copies and appends for the thread that serves HTTP. */
import type { BucketName, ObjectKey, UploadId } from '../names.js';
import { append as appendContent } from './append.js';
import { completeUpload } from './complete.js';
import { copyObject } from './copy.js';
import { copyPart as copyPartContent } from './copy-part.js';
import { type Engine, writable } from './engine.js';
import type { ListUploadsQuery, ObjectInfo, PartInfo } from './model.js';
import { type Claim, claimPart, commitPart, dropClaim, putPart, type ReceivedPart } from './parts.js';
import { type RenameConditions, renameObject } from './rename.js';
import type {
  CompleteRequest,
  CopyPartRequest,
  CopyRequest,
  CreateUploadRequest,
  PutRequest,
} from './store.js';
import { dropTemporary, type Temporary } from './temporary.js';
import { listParts, listUploads } from './upload-listing.js';
import { abortUpload, createUpload, findUpload } from './uploads.js';

/** `content` is taken: a temporary file is dropped, whatever happens. */
async function append(
  engine: Engine,
  name: BucketName,
  key: ObjectKey,
  content: Uint8Array | Temporary,
  about: Omit<ReceivedPart, 'checksums'>,
  offset: number,
  request: PutRequest,
): Promise<ObjectInfo> {
  const bucket = writable(engine, name);
  try {
    return await appendContent(bucket, key, { content, ...about }, offset, request);
  } finally {
    if (!(content instanceof Uint8Array)) dropTemporary(bucket, content);
  }
}

function copy(engine: Engine, request: CopyRequest): Promise<ObjectInfo> {
  return copyObject(
    engine.buckets.get(request.source.bucket),
    request,
    writable(engine, request.target.bucket),
  );
}

function copyPart(engine: Engine, request: CopyPartRequest): Promise<PartInfo> {
  const source = engine.buckets.get(request.source.bucket);
  return copyPartContent(source, request, writable(engine, request.target.bucket));
}

export const uploadTasks = {
  append,
  copy,
  copyPart,
  rename: (engine: Engine, name: BucketName, from: ObjectKey, to: ObjectKey, conditions: RenameConditions) =>
    renameObject(writable(engine, name), from, to, conditions),
  createUpload: (engine: Engine, name: BucketName, key: ObjectKey, request: CreateUploadRequest) =>
    createUpload(writable(engine, name), key, request),
  upload: (engine: Engine, name: BucketName, key: ObjectKey, id: UploadId) =>
    findUpload(engine.buckets.get(name), key, id),
  listUploads: (engine: Engine, name: BucketName, query: ListUploadsQuery) =>
    listUploads(engine.buckets.get(name), query),
  listParts: (
    engine: Engine,
    name: BucketName,
    key: ObjectKey,
    id: UploadId,
    page: Parameters<typeof listParts>[3],
  ) => listParts(engine.buckets.get(name), key, id, page),
  completeUpload: (
    engine: Engine,
    name: BucketName,
    key: ObjectKey,
    id: UploadId,
    request: CompleteRequest,
  ) => completeUpload(writable(engine, name), key, id, request),
  abortUpload: (engine: Engine, name: BucketName, key: ObjectKey, id: UploadId) =>
    abortUpload(writable(engine, name), key, id),
  claimPart: (
    engine: Engine,
    name: BucketName,
    key: ObjectKey,
    id: UploadId,
    number: number,
    size: number | undefined,
  ) => claimPart(writable(engine, name), key, id, number, size),
  commitPart: (
    engine: Engine,
    name: BucketName,
    key: ObjectKey,
    id: UploadId,
    number: number,
    claim: Claim,
    received: ReceivedPart,
  ) => commitPart(writable(engine, name), key, id, number, claim, received),
  dropClaim: (engine: Engine, name: BucketName, claim: Claim) => dropClaim(engine.buckets.get(name), claim),
  putPart: (
    engine: Engine,
    name: BucketName,
    key: ObjectKey,
    id: UploadId,
    number: number,
    bytes: Uint8Array,
    received: ReceivedPart,
  ) => putPart(writable(engine, name), key, id, number, bytes, received),
} as const;
