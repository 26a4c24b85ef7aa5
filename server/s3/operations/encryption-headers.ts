/**
 * Headers about server-side encryption. There is none yet: a request that makes sense is refused by the
 * header's name (501), one that could never be right as S3 refuses it (400).
 * docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html
 */
import { createHash } from 'node:crypto';
import { type S3Error, invalidArgument, notImplemented } from '../errors.js';
import type { S3Request } from '../operation.js';

const SSE = 'x-amz-server-side-encryption';
const COPY_SOURCE = 'x-amz-copy-source-server-side-encryption';
const METHODS = new Set(['AES256', 'aws:kms', 'aws:kms:dsse']);

type Headers = Pick<S3Request, 'header' | 'headersStartingWith'>;

/** For requests that write. @throws S3Error NotImplemented, InvalidArgument */
export function refuseEncryption(request: Headers): void {
  const found = new Map([...request.headersStartingWith(SSE), ...request.headersStartingWith(COPY_SOURCE)]);
  if (found.get(`${SSE}-bucket-key-enabled`)?.toLowerCase() === 'false') {
    found.delete(`${SSE}-bucket-key-enabled`);
  }
  for (const [first] of found) {
    checkMethod(request);
    for (const prefix of [SSE, COPY_SOURCE]) checkCustomerKey(request, `${prefix}-customer`);
    throw notImplemented(`The header ${first}`);
  }
}

/** For requests that read. @throws S3Error NotImplemented, InvalidArgument */
export function refuseDecryption(request: Pick<S3Request, 'header'>): void {
  const method = request.header(SSE);
  if (method !== undefined) throw wrong(SSE, method, `${SSE} header is not supported for this operation.`);
  const prefix = `${SSE}-customer`;
  if (request.header(`${prefix}-algorithm`) === undefined) return;
  checkCustomerKey(request, prefix);
  throw notImplemented(`The header ${prefix}-algorithm`);
}

function checkMethod(request: Headers): void {
  const method = request.header(SSE);
  if (method !== undefined && !METHODS.has(method)) {
    throw wrong(SSE, method, 'The encryption method specified is not supported');
  }
  if (method !== undefined && request.headersStartingWith(`${SSE}-customer-`).size > 0) {
    const message =
      'Server Side Encryption with Customer provided key is incompatible with the encryption method specified';
    throw wrong(SSE, method, message);
  }
  const keyId = request.header(`${SSE}-aws-kms-key-id`);
  if (keyId !== undefined && method?.startsWith('aws:kms') !== true) {
    const message = `Server Side Encryption with AWS KMS managed key requires HTTP header ${SSE} : aws:kms`;
    throw wrong(SSE, method ?? '', message);
  }
}

/** Algorithm, key and the key's MD5 come together, and the key has 256 bits. */
function checkCustomerKey(request: Pick<S3Request, 'header'>, prefix: string): void {
  const algorithm = request.header(`${prefix}-algorithm`);
  const key = request.header(`${prefix}-key`);
  const md5 = request.header(`${prefix}-key-md5`);
  if ((algorithm ?? key ?? md5) === undefined) return;
  if (algorithm !== 'AES256') {
    const message =
      'Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.';
    throw wrong(`${prefix}-algorithm`, algorithm ?? '', message);
  }
  const bytes = Buffer.from(key ?? '', 'base64');
  if (bytes.length !== 32) {
    const message =
      'Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.';
    throw wrong(`${prefix}-key`, '', message);
  }
  if (md5 !== createHash('md5').update(bytes).digest('base64')) {
    const message = 'The calculated MD5 hash of the key did not match the hash that was provided.';
    throw wrong(`${prefix}-key-md5`, md5 ?? '', message);
  }
}

function wrong(name: string, value: string, message: string): S3Error {
  return invalidArgument(name, value, message);
}
