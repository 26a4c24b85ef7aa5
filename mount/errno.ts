/**
 * What the caller of a system call gets for what went wrong, errno(3). Total over the store's codes, so that a
 * new one does not compile before the mount has decided.
 */
import { errnoOf as systemName, StoreError, type StoreErrorCode } from '../lib/errors.js';
import { E } from '../lib/os/system-error.js';

const FROM_STORE: Readonly<Record<StoreErrorCode, number>> = {
  InvalidBucketName: E.EINVAL,
  InvalidKey: E.EINVAL,
  KeyTooLong: E.ENAMETOOLONG,
  InvalidArgument: E.EINVAL,
  MetadataTooLarge: E.EINVAL,
  InvalidTag: E.EINVAL,
  NoSuchBucket: E.ENOENT,
  NoSuchKey: E.ENOENT,
  NoSuchUpload: E.ENOENT,
  NoSuchVersion: E.ENOENT,
  NoSuchTagSet: E.ENODATA,
  BucketExists: E.EEXIST,
  BucketNotEmpty: E.ENOTEMPTY,
  // As rmdir(2) says of what is the root of a mount.
  BucketIsMapped: E.EBUSY,
  PreconditionFailed: E.ESTALE,
  Conflict: E.EBUSY,
  NotAnObject: E.EOPNOTSUPP,
  InvalidPart: E.EINVAL,
  InvalidPartOrder: E.EINVAL,
  PartTooSmall: E.EINVAL,
  TooManyParts: E.EINVAL,
  UploadSizeMismatch: E.EINVAL,
  InvalidOffset: E.EINVAL,
  BadDigest: E.EIO,
  IncompleteBody: E.EIO,
  TooLarge: E.EFBIG,
  ContentChanged: E.EBUSY,
  AccessDenied: E.EACCES,
  ReadOnly: E.EROFS,
  NoSpace: E.ENOSPC,
  QuotaExceeded: E.EDQUOT,
  Busy: E.EAGAIN,
  InputOutput: E.EIO,
  NotSupported: E.EOPNOTSUPP,
  Internal: E.EIO,
};

/** Said to the caller of another process these would be untrue. */
const OURS: Readonly<Record<number, number>> = {
  // The descriptors that ran out are ours, not the caller's.
  [E.EMFILE]: E.ENFILE,
  // The kernel would take it for "this filesystem never does that" and not ask again.
  [E.ENOSYS]: E.EOPNOTSUPP,
};

/** The kernel takes no larger one in a reply (fs/fuse/dev.c: 512 and up are its own). */
const LARGEST = 511;

/** Positive. What the system said stays as it was said, inside a StoreError too; anything unknown is EIO. */
export function errnoOf(error: unknown): number {
  const said = saidBySystem(error);
  if (said !== undefined) return OURS[said] ?? said;
  return error instanceof StoreError ? FROM_STORE[error.code] : E.EIO;
}

function saidBySystem(error: unknown): number | undefined {
  if (error instanceof StoreError) return error.cause === undefined ? undefined : saidBySystem(error.cause);
  if (typeof error !== 'object' || error === null || systemName(error) === undefined) return undefined;
  const errno = 'errno' in error && typeof error.errno === 'number' ? Math.abs(error.errno) : 0;
  return errno > 0 && errno <= LARGEST ? errno : undefined;
}
