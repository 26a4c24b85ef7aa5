/** What the store says of buckets, objects and uploads. Plain data: it crosses threads as it is. */
import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../checksum.js';
import type { BucketName, ObjectKey, UploadId } from '../names.js';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** bucket.json. Later settings (policy, cors, website …) become further optional members. */
export interface BucketSettings {
  /** Account id; undefined for a directory nobody created over S3: it belongs to the root account. */
  readonly owner?: string;
  /** Milliseconds since the epoch; a directory without settings has its birth or change time. */
  readonly created?: number;
  readonly tagging?: readonly Tag[];
}

export interface BucketInfo {
  readonly name: BucketName;
  readonly created: number;
  readonly settings: BucketSettings;
  /** True for `--bucket NAME=DIR`: DeleteBucket refuses it. */
  readonly mapped: boolean;
  /** It had settings, and they are gone: whatever they granted or refused, it answers no one but its owner. */
  readonly settingsLost?: true;
}

/** System metadata, kept byte for byte. Absent means the client sent none. */
export interface SystemMetadata {
  readonly contentType?: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
  readonly websiteRedirect?: string;
}

/** What a client may set on an object. */
export interface ObjectAttributes {
  readonly system: SystemMetadata;
  /** Lower-case names without `x-amz-meta-`, values as Unicode text. */
  readonly user: Readonly<Record<string, string>>;
  readonly tags: readonly Tag[];
  /** 'STANDARD' unless named. */
  readonly storageClass: string;
}

/** One part of a completed multipart object, as GetObjectAttributes and `?partNumber=` tell it. */
export interface ObjectPart {
  readonly number: number;
  readonly size: number;
  readonly checksum?: string;
}

export interface ObjectInfo extends ObjectAttributes {
  readonly key: ObjectKey;
  readonly size: number;
  /** Milliseconds since the epoch, whole or not. */
  readonly modified: number;
  /** Without quotes: 32 hex digits, or 32 hex digits `-N`. */
  readonly etag: string;
  /** What is served as Content-Type: stored, else by extension, else binary/octet-stream. */
  readonly contentType: string;
  readonly checksums: readonly Checksum[];
  /** Present when the object was completed from parts. */
  readonly parts?: readonly ObjectPart[];
}

/** Conditions that are decided under the key's lock, right before publishing. */
export interface WriteConditions {
  /** The key must not exist ('*'), or not have one of these entity tags (without quotes). */
  readonly ifNoneMatch?: '*' | readonly string[];
  /** One of these entity tags (without quotes), or '*': anything that exists. Absent key: NoSuchKey. */
  readonly ifMatch?: '*' | readonly string[];
  /** DELETE only. Bytes. */
  readonly ifSize?: number;
  /** DELETE only. Milliseconds; compared in whole seconds. */
  readonly ifModified?: number;
}

export interface ListQuery {
  readonly prefix: string;
  /** Any string; '' is none. */
  readonly delimiter: string;
  /** Only what sorts after this, by UTF-8 bytes. A returned common prefix, given back, skips all below it. */
  readonly after: string;
  /** 0 to 1000 keys and common prefixes together. */
  readonly limit: number;
}

export interface ListedObject {
  readonly kind: 'object';
  readonly key: string;
  readonly size: number;
  readonly modified: number;
  readonly etag: string;
  readonly storageClass: string;
  readonly checksumAlgorithm?: ChecksumAlgorithm;
  readonly checksumType?: ChecksumType;
}

export interface ListedPrefix {
  readonly kind: 'prefix';
  readonly prefix: string;
}

export interface ListPage {
  /** In UTF-8 byte order. */
  readonly entries: readonly (ListedObject | ListedPrefix)[];
  readonly truncated: boolean;
  /** The last key or common prefix of the page: the next page's `after`. '' when the page is empty. */
  readonly next: string;
}

export interface DeleteOutcome {
  readonly key: string;
  /** undefined: deleted, or was not there. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface UploadInfo {
  readonly id: UploadId;
  readonly key: ObjectKey;
  /** Milliseconds since the epoch. */
  readonly initiated: number;
  /** Account id of who created it. */
  readonly owner: string;
  readonly attributes: ObjectAttributes;
  /** As CreateMultipartUpload named them; undefined when it named none. */
  readonly checksumAlgorithm?: ChecksumAlgorithm;
  readonly checksumType?: ChecksumType;
}

export interface PartInfo {
  readonly number: number;
  readonly size: number;
  readonly modified: number;
  /** MD5 of the part, 32 hex digits. */
  readonly etag: string;
  readonly checksums: readonly { readonly algorithm: ChecksumAlgorithm; readonly value: string }[];
}

export interface ListUploadsQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly keyMarker: string;
  readonly uploadIdMarker: string;
  readonly limit: number;
}

export interface UploadsPage {
  readonly entries: readonly (({ readonly kind: 'upload' } & UploadInfo) | ListedPrefix)[];
  readonly truncated: boolean;
  readonly nextKeyMarker: string;
  readonly nextUploadIdMarker: string;
}

export interface CompletedPart {
  readonly number: number;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: readonly { readonly algorithm: ChecksumAlgorithm; readonly value: string }[];
}
