/**
 * The one error the store throws. The union of codes is closed: `server/s3/errors.ts` (and the mount's
 * errno table) are total records over it, so a new code does not compile until every door has decided.
 */

import { constants } from 'node:os';

export type StoreErrorCode =
  // names and arguments
  | 'InvalidBucketName'
  | 'InvalidKey'
  | 'KeyTooLong'
  | 'InvalidArgument'
  | 'MetadataTooLarge'
  | 'InvalidTag'
  // what is not there
  | 'NoSuchBucket'
  | 'NoSuchKey'
  | 'NoSuchUpload'
  | 'NoSuchVersion'
  | 'NoSuchTagSet'
  // what stands in the way
  | 'BucketExists'
  | 'BucketNotEmpty'
  | 'BucketIsMapped'
  | 'PreconditionFailed'
  | 'Conflict'
  | 'NotAnObject'
  // multipart
  | 'InvalidPart'
  | 'InvalidPartOrder'
  | 'PartTooSmall'
  | 'TooManyParts'
  | 'UploadSizeMismatch'
  | 'InvalidOffset'
  // bodies
  | 'BadDigest'
  | 'IncompleteBody'
  | 'TooLarge'
  | 'ContentChanged'
  // what the system said
  | 'AccessDenied'
  | 'ReadOnly'
  | 'NoSpace'
  | 'QuotaExceeded'
  | 'Busy'
  | 'InputOutput'
  | 'NotSupported'
  | 'Internal';

/** Facts about the failure that a door may print: the part number, the sizes, the path for the log. */
export type StoreErrorDetail = Readonly<Record<string, string | number | boolean>>;

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly detail: StoreErrorDetail;

  constructor(code: StoreErrorCode, message: string, detail: StoreErrorDetail = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** errno(3) names the store meets, and what each means to a caller. Anything else is a bug or a broken disk. */
const SYSTEM: Readonly<Record<string, StoreErrorCode>> = {
  EACCES: 'AccessDenied',
  EPERM: 'AccessDenied',
  EROFS: 'ReadOnly',
  ENOSPC: 'NoSpace',
  EDQUOT: 'QuotaExceeded',
  EMFILE: 'Busy',
  ENFILE: 'Busy',
  EAGAIN: 'Busy',
  ENOMEM: 'Busy',
  EIO: 'InputOutput',
  EFBIG: 'TooLarge',
  EOPNOTSUPP: 'NotSupported',
  ENOSYS: 'NotSupported',
  ENAMETOOLONG: 'KeyTooLong',
};

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The errno name an error carries (`ENOENT`), whoever threw it; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  if (typeof error.code === 'string' && error.code.startsWith('E')) return error.code;
  // Node names what libuv does not know "Unknown system error -122"; the number says it.
  if (!('errno' in error) || typeof error.errno !== 'number') return undefined;
  return NAMES.get(Math.abs(error.errno));
}

/** Any thrown value as a StoreError. `what` names the attempt for the log: "publish photos/cat.jpg". */
export function toStoreError(error: unknown, what: string): StoreError {
  if (error instanceof StoreError) return error;
  const errno = errnoOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (errno === undefined) return new StoreError('Internal', `${what}: ${message}`, {}, error);
  return new StoreError(SYSTEM[errno] ?? 'Internal', `${what}: ${message}`, { errno }, error);
}
