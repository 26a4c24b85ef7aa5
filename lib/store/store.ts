/**
 * The store as its doors see it. `lib/store/local.ts` is the one implementation: hot answers come
 * synchronously from memory (verified by a stat), everything that may wait is one hop to a thread.
 * Every method throws, or rejects with, StoreError and nothing else.
 */
import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../checksum.js';
import type { BucketName, ObjectKey, UploadId } from '../names.js';
import type {
  BucketInfo,
  BucketSettings,
  CompletedPart,
  DeleteOutcome,
  ListPage,
  ListQuery,
  ListUploadsQuery,
  ObjectAttributes,
  ObjectInfo,
  PartInfo,
  Tag,
  UploadInfo,
  UploadsPage,
  WriteConditions,
} from './model.js';

/** A value, at once when it is hot, else later. `await` takes both. */
export type Eventually<T> = T | Promise<T>;

/** An object opened for reading: length, entity tag and metadata are those of the bytes it will give. */
export interface ObjectReader {
  readonly info: ObjectInfo;
  /** The whole content, verified, when it is small. Never write into it: it may be the cache's own. */
  readonly body: Buffer | undefined;
  /**
   * Sends bytes [start, end) block by block. `write` resolves when the block's memory may be reused.
   * The last block is handed over only after the content has been verified.
   * @throws StoreError ContentChanged: cut the connection, the bytes sent are a mixture.
   */
  pump(start: number, end: number, write: (block: Buffer) => Eventually<void>): Promise<void>;
  /** Idempotent. */
  close(): void;
}

/** A body being received. Constant memory: `write` returns a promise when the sender must pause. */
export interface Receiver {
  /** Takes a copy of the chunk before it returns or resolves. */
  write(chunk: Uint8Array): Eventually<void>;
  /** After the last byte: sizes and digests. The body waits, unpublished, for `put…`, or `discard`. */
  finish(): Promise<ReceivedBody>;
  /** Drops the body and everything temporary. Idempotent; harmless after it was published. */
  discard(): void;
}

export interface ReceivedBody {
  readonly receiver: Receiver;
  readonly size: number;
  /** 32 hex digits. */
  readonly md5: string;
  /** Hex SHA-256, when `payloadSha256` was asked for. */
  readonly sha256: string | undefined;
  /** Base64 by algorithm, those asked for. */
  readonly checksums: ReadonlyMap<ChecksumAlgorithm, string>;
}

export type ReceiveTarget =
  | { readonly kind: 'object'; readonly bucket: BucketName; readonly key: ObjectKey }
  | {
      readonly kind: 'part';
      readonly bucket: BucketName;
      readonly key: ObjectKey;
      readonly uploadId: UploadId;
      readonly number: number;
    };

export interface ReceiveOptions {
  /** Bytes, when the client declared them. */
  readonly size: number | undefined;
  readonly algorithms: readonly ChecksumAlgorithm[];
  readonly payloadSha256: boolean;
}

export interface PutRequest {
  readonly attributes: ObjectAttributes;
  readonly conditions: WriteConditions;
  /** Checksums to keep with the object, out of those received. */
  readonly checksums: readonly Checksum[];
}

export interface CopyRequest {
  readonly source: { readonly bucket: BucketName; readonly key: ObjectKey };
  /** The source must still have this entity tag (its conditions were judged against it), else Conflict. */
  readonly sourceEtag: string;
  readonly target: { readonly bucket: BucketName; readonly key: ObjectKey };
  /** undefined: the source's. */
  readonly attributes: Omit<ObjectAttributes, 'tags'> | undefined;
  /** undefined: the source's. */
  readonly tags: readonly Tag[] | undefined;
  readonly conditions: WriteConditions;
  /** Compute and keep this checksum (the content is read if it is not known). */
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
}

export interface CopyPartRequest {
  readonly source: { readonly bucket: BucketName; readonly key: ObjectKey };
  readonly sourceEtag: string;
  /** Bytes [start, end) of the source. */
  readonly start: number;
  readonly end: number;
  readonly target: { readonly bucket: BucketName; readonly key: ObjectKey };
  readonly uploadId: UploadId;
  readonly number: number;
}

export interface CreateUploadRequest {
  readonly owner: string;
  readonly attributes: ObjectAttributes;
  readonly checksumAlgorithm: ChecksumAlgorithm | undefined;
  readonly checksumType: ChecksumType | undefined;
}

export interface CompleteRequest {
  readonly parts: readonly CompletedPart[];
  readonly conditions: WriteConditions;
  /** `x-amz-mp-object-size`, bytes. */
  readonly expectedSize: number | undefined;
  /** The whole object's checksum as the client states it: verified, BadDigest when it differs. */
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
  readonly checksumType: ChecksumType | undefined;
}

export interface PartsPage {
  readonly upload: UploadInfo;
  readonly parts: readonly PartInfo[];
  readonly truncated: boolean;
  /** The last part number of the page, 0 when empty. */
  readonly next: number;
}

export interface Store {
  readonly readOnly: boolean;

  listBuckets(): Promise<readonly BucketInfo[]>;
  /** @throws StoreError NoSuchBucket */
  bucket(name: BucketName): Eventually<BucketInfo>;
  /** @throws StoreError BucketExists (detail.owner: its owner's id, '' for root's) */
  createBucket(name: BucketName, settings: BucketSettings): Promise<BucketInfo>;
  /** @throws StoreError BucketNotEmpty, BucketIsMapped */
  deleteBucket(name: BucketName): Promise<void>;
  /** Replaces the members named; `undefined` removes one. */
  changeBucket(
    name: BucketName,
    change: { readonly [K in keyof BucketSettings]?: BucketSettings[K] | undefined },
  ): Promise<BucketInfo>;

  /** @throws StoreError NoSuchKey */
  head(bucket: BucketName, key: ObjectKey): Eventually<ObjectInfo>;
  /** @throws StoreError NoSuchKey, AccessDenied */
  open(bucket: BucketName, key: ObjectKey): Eventually<ObjectReader>;
  receive(target: ReceiveTarget, options: ReceiveOptions): Eventually<Receiver>;
  /** @throws StoreError PreconditionFailed, NoSuchKey (ifMatch on nothing) */
  put(bucket: BucketName, key: ObjectKey, body: ReceivedBody, request: PutRequest): Promise<ObjectInfo>;
  /** `offset` must be the object's size, 0 creates. @throws StoreError InvalidOffset */
  append(
    bucket: BucketName,
    key: ObjectKey,
    body: ReceivedBody,
    offset: number,
    request: PutRequest,
  ): Promise<ObjectInfo>;
  copy(request: CopyRequest): Promise<ObjectInfo>;
  /** One rename(2). @throws StoreError NoSuchKey, PreconditionFailed */
  rename(
    bucket: BucketName,
    from: ObjectKey,
    to: ObjectKey,
    conditions: { readonly source: WriteConditions; readonly target: WriteConditions },
  ): Promise<ObjectInfo>;
  delete(bucket: BucketName, key: ObjectKey, conditions: WriteConditions): Promise<void>;
  /** Outcomes in the order asked. */
  deleteMany(
    bucket: BucketName,
    keys: readonly { readonly key: ObjectKey; readonly conditions: WriteConditions }[],
  ): Promise<readonly DeleteOutcome[]>;
  setTags(bucket: BucketName, key: ObjectKey, tags: readonly Tag[]): Promise<void>;
  list(bucket: BucketName, query: ListQuery): Promise<ListPage>;

  createUpload(bucket: BucketName, key: ObjectKey, request: CreateUploadRequest): Promise<UploadInfo>;
  /** @throws StoreError NoSuchUpload, also when it is another key's */
  upload(bucket: BucketName, key: ObjectKey, id: UploadId): Promise<UploadInfo>;
  putPart(
    bucket: BucketName,
    key: ObjectKey,
    id: UploadId,
    number: number,
    body: ReceivedBody,
  ): Promise<PartInfo>;
  copyPart(request: CopyPartRequest): Promise<PartInfo>;
  listParts(
    bucket: BucketName,
    key: ObjectKey,
    id: UploadId,
    page: { readonly after: number; readonly limit: number },
  ): Promise<PartsPage>;
  listUploads(bucket: BucketName, query: ListUploadsQuery): Promise<UploadsPage>;
  completeUpload(
    bucket: BucketName,
    key: ObjectKey,
    id: UploadId,
    request: CompleteRequest,
  ): Promise<ObjectInfo>;
  abortUpload(bucket: BucketName, key: ObjectKey, id: UploadId): Promise<void>;

  /** Waits for what is under way, ends the threads. */
  close(): Promise<void>;
}
