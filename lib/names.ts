/**
 * Strings that have been checked. Each brand has one parser, here, and nothing else mints it.
 * Bucket rules: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * Key rules: docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
import { StoreError } from './errors.js';

declare const brand: unique symbol;
type Brand<Name extends string> = string & { readonly [brand]: Name };

export type BucketName = Brand<'BucketName'>;
/** 1 to 1024 bytes of UTF-8, otherwise opaque: `a`, `a/`, `a//b`, `..` are four keys. */
export type ObjectKey = Brand<'ObjectKey'>;
/** 32 lower-case hex digits. */
export type UploadId = Brand<'UploadId'>;

const RESERVED_PREFIX = /^(xn--|sthree-|amzn-s3-demo-)/;
const RESERVED_SUFFIX = /(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/;

export function isBucketName(name: string): name is BucketName {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.[.-]|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !RESERVED_PREFIX.test(name) &&
    !RESERVED_SUFFIX.test(name)
  );
}

/** @throws StoreError InvalidBucketName */
export function parseBucketName(name: string): BucketName {
  if (isBucketName(name)) return name;
  throw new StoreError('InvalidBucketName', 'The specified bucket is not valid.', { bucket: name });
}

export const MAX_KEY_BYTES = 1024;

/** @throws StoreError InvalidKey (empty, or not well-formed Unicode), KeyTooLong */
export function parseObjectKey(key: string): ObjectKey {
  if (key === '') throw new StoreError('InvalidKey', 'A key has at least one byte.');
  if (!key.isWellFormed()) throw new StoreError('InvalidKey', 'The key is not well-formed Unicode.');
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES) {
    throw new StoreError('KeyTooLong', 'Your key is too long', { size, maximum: MAX_KEY_BYTES });
  }
  return key as ObjectKey;
}

/** @throws StoreError NoSuchUpload: an id nobody could have been given names no upload. */
export function parseUploadId(id: string): UploadId {
  if (/^[0-9a-f]{32}$/.test(id)) return id as UploadId;
  throw new StoreError('NoSuchUpload', 'The specified upload does not exist.', { uploadId: id });
}
