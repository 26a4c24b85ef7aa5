/**
 * Headers that ask for what is not there yet: encryption, ACLs, object lock. They are answered by name, so that
 * nobody believes an object encrypted, shared or locked that is not. What changes nothing is let through:
 * `x-amz-acl: private` and `bucket-owner-full-control`, which many clients send with everything.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 */
import { S3Error, invalidArgument, notImplemented } from '../errors.js';
import type { S3Request } from '../operation.js';

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

/** @throws S3Error NotImplemented */
export function refuseEncryption(request: Headers): void {
  for (const prefix of ['x-amz-server-side-encryption', 'x-amz-copy-source-server-side-encryption']) {
    for (const [name, value] of request.headersStartingWith(prefix)) {
      if (name.endsWith('-bucket-key-enabled') && value.toLowerCase() === 'false') continue;
      throw notImplemented(`The header ${name}`);
    }
  }
}

/** For reading, where only a customer's key makes a difference. @throws S3Error NotImplemented */
export function refuseCustomerKey(request: Pick<S3Request, 'header'>): void {
  const name = 'x-amz-server-side-encryption-customer-algorithm';
  if (request.header(name) !== undefined) throw notImplemented(`The header ${name}`);
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
