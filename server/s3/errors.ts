/**
 * What goes wrong, in S3's words: code, status and message as AWS prints them.
 * docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * The store's own errors become these through a record that is total over its codes.
 */
import { StoreError, type StoreErrorCode } from '../../lib/errors.js';

const TABLE = {
  AccessControlListNotSupported: [400, 'The bucket does not allow ACLs'],
  AccessDenied: [403, 'Access Denied'],
  AccessForbidden: [403, 'CORSResponse: This CORS request is not allowed.'],
  AuthorizationHeaderMalformed: [400, 'The authorization header you provided is invalid.'],
  AuthorizationQueryParametersError: [
    400,
    'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
  ],
  BadDigest: [400, 'The Content-MD5 you specified did not match what we received.'],
  BadRequest: [400, 'Bad Request'],
  BucketAlreadyExists: [
    409,
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  ],
  BucketAlreadyOwnedByYou: [
    409,
    'Your previous request to create the named bucket succeeded and you already own it.',
  ],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty'],
  ConditionalRequestConflict: [
    409,
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
  ],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed size'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size'],
  IdempotencyParameterMismatch: [
    400,
    'The client token was used before, with other parameters than in this request.',
  ],
  IllegalLocationConstraintException: [
    400,
    'The specified location constraint is incompatible for the region specific endpoint this request was sent to.',
  ],
  IncompleteBody: [
    400,
    'You did not provide the number of bytes specified by the Content-Length HTTP header',
  ],
  InsufficientStorage: [507, 'There is no space left to store this.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketAclWithObjectOwnership: [
    400,
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  ],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidBucketState: [409, 'The request is not valid for the current state of the bucket.'],
  InvalidChunkSizeError: [403, 'Only the last chunk is allowed to have a size less than 8192 bytes'],
  InvalidDigest: [400, 'The Content-MD5 you specified was invalid.'],
  InvalidLocationConstraint: [400, 'The specified location-constraint is not valid'],
  InvalidObjectState: [403, 'The operation is not valid for the current state of the object.'],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  ],
  InvalidPartNumber: [416, 'The requested partnumber is not satisfiable'],
  InvalidPartOrder: [
    400,
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
  ],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRedirectLocation: [
    400,
    "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
  ],
  InvalidRequest: [400, 'Invalid Request'],
  InvalidStorageClass: [400, 'The storage class you specified is not valid'],
  InvalidTag: [400, 'The tag provided was not a valid tag.'],
  InvalidToken: [400, 'The provided token is malformed or otherwise invalid.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  InvalidWriteOffset: [
    400,
    'The write offset value that you specified does not match the current object size.',
  ],
  KeyTooLongError: [400, 'Your key is too long'],
  MalformedTrailerError: [
    400,
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
  ],
  MalformedXML: [
    400,
    'The XML you provided was not well-formed or did not validate against our published schema',
  ],
  MaxMessageLengthExceeded: [400, 'Your request was too big.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  MissingRequestBodyError: [400, 'Request Body is empty'],
  MissingSecurityHeader: [400, 'Your request was missing a required header'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist'],
  NoSuchCORSConfiguration: [404, 'The CORS configuration does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist'],
  NoSuchPublicAccessBlockConfiguration: [404, 'The public access block configuration was not found'],
  NoSuchTagSet: [404, 'The TagSet does not exist'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NoSuchWebsiteConfiguration: [404, 'The specified bucket does not have a website configuration'],
  NotImplemented: [501, 'A header you provided implies functionality that is not implemented'],
  ObjectLockConfigurationNotFoundError: [404, 'Object Lock configuration does not exist for this bucket'],
  OperationAborted: [
    409,
    'A conflicting conditional operation is currently in progress against this resource. Please try again.',
  ],
  OwnershipControlsNotFoundError: [404, 'The bucket ownership controls were not found'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  QuotaExceeded: [403, 'The quota of this storage is exceeded.'],
  ReplicationConfigurationNotFoundError: [404, 'The replication configuration was not found'],
  RequestHeaderSectionTooLarge: [400, 'Your request header section exceeds the maximum allowed size.'],
  RequestTimeout: [
    400,
    'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  ],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  ServerSideEncryptionConfigurationNotFoundError: [
    404,
    'The server side encryption configuration was not found',
  ],
  ServiceUnavailable: [503, 'Service is unable to handle request.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  SlowDown: [503, 'Please reduce your request rate.'],
  TooManyParts: [400, 'You have attempted to add more parts than the maximum number that is allowed.'],
  XAmzContentSHA256Mismatch: [
    400,
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
} as const satisfies Readonly<Record<string, readonly [status: number, message: string]>>;

export type S3ErrorCode = keyof typeof TABLE;

/** Further elements of the error document, in order: `{ ArgumentName: 'max-keys', ArgumentValue: '-1' }`. */
export type ErrorExtra = Readonly<Record<string, string | number>>;

export interface S3ErrorOptions {
  /** In place of the table's message. */
  readonly message?: string;
  readonly extra?: ErrorExtra;
  /** Response headers that go with it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For the log alone. */
  readonly cause?: unknown;
}

/** An answer other than success: thrown by anything below the app, written as `<Error>` by it. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: S3ErrorCode;
  readonly status: number;
  readonly extra: ErrorExtra;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, options: S3ErrorOptions = {}) {
    const [status, message] = TABLE[code];
    super(options.message ?? message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }
}

/** 400 InvalidArgument with the argument named, as AWS does it. */
export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error('InvalidArgument', { message, extra: { ArgumentName: name, ArgumentValue: value } });
}

/** 501 for what is known and not done here: an operation by its AWS name, or a header. */
export function notImplemented(what: string): S3Error {
  return new S3Error('NotImplemented', { message: `${what} is not implemented.` });
}

interface Translation {
  readonly code: S3ErrorCode;
  /** `store`: the store's sentence tells more than the table's. */
  readonly message?: 'store';
}

const FROM_STORE: Readonly<Record<StoreErrorCode, Translation>> = {
  InvalidBucketName: { code: 'InvalidBucketName' },
  InvalidKey: { code: 'InvalidURI' },
  KeyTooLong: { code: 'KeyTooLongError' },
  InvalidArgument: { code: 'InvalidArgument', message: 'store' },
  MetadataTooLarge: { code: 'MetadataTooLarge' },
  InvalidTag: { code: 'InvalidTag', message: 'store' },
  NoSuchBucket: { code: 'NoSuchBucket' },
  NoSuchKey: { code: 'NoSuchKey' },
  NoSuchUpload: { code: 'NoSuchUpload' },
  NoSuchVersion: { code: 'NoSuchVersion' },
  NoSuchTagSet: { code: 'NoSuchTagSet' },
  BucketExists: { code: 'BucketAlreadyExists' },
  BucketNotEmpty: { code: 'BucketNotEmpty' },
  BucketIsMapped: { code: 'InvalidBucketState', message: 'store' },
  PreconditionFailed: { code: 'PreconditionFailed' },
  Conflict: { code: 'ConditionalRequestConflict' },
  NotAnObject: { code: 'NoSuchKey' },
  InvalidPart: { code: 'InvalidPart' },
  InvalidPartOrder: { code: 'InvalidPartOrder' },
  PartTooSmall: { code: 'EntityTooSmall' },
  TooManyParts: { code: 'TooManyParts' },
  UploadSizeMismatch: { code: 'InvalidRequest', message: 'store' },
  InvalidOffset: { code: 'InvalidWriteOffset' },
  BadDigest: { code: 'BadDigest', message: 'store' },
  IncompleteBody: { code: 'IncompleteBody' },
  TooLarge: { code: 'EntityTooLarge' },
  ContentChanged: { code: 'ServiceUnavailable' },
  AccessDenied: { code: 'AccessDenied' },
  ReadOnly: { code: 'AccessDenied' },
  NoSpace: { code: 'InsufficientStorage' },
  QuotaExceeded: { code: 'QuotaExceeded' },
  Busy: { code: 'SlowDown' },
  InputOutput: { code: 'InternalError' },
  NotSupported: { code: 'NotImplemented', message: 'store' },
  Internal: { code: 'InternalError' },
};

/** What the error document says about the resource it concerns. */
export interface ErrorScope {
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
}

/** The elements AWS adds by code. */
function extraOf(code: S3ErrorCode, error: StoreError, scope: ErrorScope): ErrorExtra {
  const { detail } = error;
  const extra: Record<string, string | number> = {};
  const add = (name: string, value: string | number | boolean | undefined): void => {
    if (value !== undefined && value !== '') extra[name] = typeof value === 'boolean' ? String(value) : value;
  };
  switch (code) {
    case 'NoSuchBucket':
    case 'InvalidBucketName':
    case 'BucketAlreadyExists':
    case 'BucketNotEmpty':
    case 'InvalidBucketState':
      add('BucketName', detail['bucket'] ?? scope.bucket);
      break;
    case 'NoSuchKey':
    case 'ConditionalRequestConflict':
      add('Key', scope.key);
      break;
    case 'KeyTooLongError':
      add('Size', detail['size']);
      add('MaxSizeAllowed', detail['maximum']);
      break;
    case 'NoSuchUpload':
      add('UploadId', detail['uploadId']);
      break;
    case 'PreconditionFailed':
      add('Condition', detail['condition']);
      break;
    case 'InvalidPart':
      add('UploadId', detail['uploadId']);
      add('PartNumber', detail['part']);
      break;
    case 'EntityTooSmall':
      add('ProposedSize', detail['size']);
      add('MinSizeAllowed', detail['minimum']);
      add('PartNumber', detail['part']);
      break;
    case 'EntityTooLarge':
      add('ProposedSize', detail['size']);
      add('MaxSizeAllowed', detail['maximum']);
      break;
    case 'InvalidArgument':
      add('ArgumentName', detail['name']);
      add('ArgumentValue', detail['value']);
      break;
    case 'InvalidWriteOffset':
      add('ActualObjectSize', detail['size']);
      break;
    default:
      break;
  }
  return extra;
}

export function fromStoreError(error: StoreError, scope: ErrorScope = {}): S3Error {
  const { code, message } = FROM_STORE[error.code];
  return new S3Error(code, {
    ...(message === 'store' && { message: error.message }),
    extra: extraOf(code, error, scope),
    cause: error,
  });
}

/**
 * Any thrown value as an answer. `bug` is true for what neither the store nor this door meant to throw:
 * the app logs it with the request id.
 */
export function toS3Error(
  error: unknown,
  scope: ErrorScope = {},
): { readonly error: S3Error; readonly bug: boolean } {
  if (error instanceof S3Error) return { error, bug: false };
  if (error instanceof StoreError)
    return { error: fromStoreError(error, scope), bug: error.code === 'Internal' };
  return { error: new S3Error('InternalError', { cause: error }), bug: true };
}
