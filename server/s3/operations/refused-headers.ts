/**
 * Headers that ask for what is not there yet: ACLs, object lock, encryption. They are answered by name, so that
 * nobody believes an object encrypted, shared or locked that is not. What changes nothing is let through:
 * `x-amz-acl: private` and `bucket-owner-full-control`, which many clients send with everything.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
import { S3Error, invalidArgument } from '../errors.js';
import type { S3Request } from '../operation.js';
import { refuseEncryption } from './encryption-headers.js';

type Headers = Pick<S3Request, 'header' | 'headersStartingWith'>;

const CANNED = new Set([
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
  'log-delivery-write',
]);
const HARMLESS = new Set(['private', 'bucket-owner-full-control']);

/** For every request that makes an object. */
export function refuseUnsupported(request: Headers): void {
  refuseEncryption(request);
  refuseAcl(request, 'AccessControlListNotSupported');
  refuseLock(request);
}

/** @throws S3Error InvalidArgument, InvalidRequest, and `code` for an ACL that would change something */
export function refuseAcl(
  request: Headers,
  code: 'AccessControlListNotSupported' | 'InvalidBucketAclWithObjectOwnership',
): void {
  const acl = request.header('x-amz-acl');
  const grants = request.headersStartingWith('x-amz-grant-').size > 0;
  if (acl !== undefined && !CANNED.has(acl)) throw invalidArgument('x-amz-acl', acl, 'Invalid Argument');
  if (acl !== undefined && grants) {
    throw new S3Error('InvalidRequest', {
      message: 'Specifying both Canned ACLs and Header Grants is not allowed',
    });
  }
  if (grants || (acl !== undefined && !HARMLESS.has(acl))) throw new S3Error(code);
}

/** No bucket has object lock. @throws S3Error InvalidRequest */
export function refuseLock(request: Headers): void {
  for (const [name, value] of request.headersStartingWith('x-amz-object-lock-')) {
    if (value.toUpperCase() === 'OFF') continue;
    throw new S3Error('InvalidRequest', {
      message: 'Bucket is missing Object Lock Configuration',
      extra: { ArgumentName: name, ArgumentValue: value },
    });
  }
}
