/**
 * Signature Version 2, which AWS keeps for old buckets only: HMAC-SHA1 over a few headers and the resource, in
 * the Authorization header or in the query. Off unless switched on.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */
import { createHmac } from 'node:crypto';
import type { AccessKey } from '../../../lib/access/account.js';
import { isoDate } from '../../http/dates.js';
import { S3Error, invalidArgument } from '../errors.js';
import { sameSignature } from './signing-key.js';
import {
  accessKey,
  checkSkew,
  hexBytes,
  requestTime,
  type SignedRequest,
  type Verifier,
} from './signature-v4.js';

export interface SignedRequestV2 extends SignedRequest {
  /** The bucket a virtual host named; undefined when the path holds it. */
  readonly virtualBucket: string | undefined;
}

/** Sub-resources that are part of what is signed; response-* are as well. */
const SIGNED = new Set([
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'delete',
  'encryption',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'partNumber',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'select-type',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
]);

/** @throws S3Error InvalidArgument, AccessDenied, RequestTimeTooSkewed, InvalidAccessKeyId, SignatureDoesNotMatch */
export function verifyHeaderV2(
  request: SignedRequestV2,
  authorization: string,
  verifier: Verifier,
): AccessKey {
  const text = authorization.slice(4).trim();
  const colon = text.lastIndexOf(':');
  if (colon <= 0) {
    throw invalidArgument(
      'Authorization',
      authorization,
      'AWS authorization header is invalid.  Expected AwsAccessKeyId:signature',
    );
  }
  const time = requestTime(request.headers);
  checkSkew(time, verifier.now);
  const key = accessKey(verifier.accounts, text.slice(0, colon));
  const date = request.headers.has('x-amz-date') ? '' : time.text;
  check(key, request, date, text.slice(colon + 1));
  return key;
}

/** @throws S3Error AccessDenied (missing, expired), InvalidAccessKeyId, SignatureDoesNotMatch */
export function verifyQueryV2(request: SignedRequestV2, verifier: Verifier): AccessKey {
  const { query } = request;
  const id = query.get('AWSAccessKeyId');
  const signature = query.get('Signature');
  const expires = query.get('Expires');
  if (!id || !signature || !expires) {
    throw new S3Error('AccessDenied', {
      message: 'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    });
  }
  if (!/^\d{1,12}$/.test(expires)) {
    throw new S3Error('AccessDenied', {
      message: `Invalid date (should be seconds since epoch): ${expires}`,
    });
  }
  if (verifier.now >= Number(expires) * 1000) {
    throw new S3Error('AccessDenied', {
      message: 'Request has expired',
      extra: { Expires: isoDate(Number(expires) * 1000), ServerTime: isoDate(verifier.now) },
    });
  }
  const key = accessKey(verifier.accounts, id);
  check(key, request, expires, signature);
  return key;
}

/** Clients that send `/bucket` may have signed `/bucket/`, as boto does. */
function check(key: AccessKey, request: SignedRequestV2, date: string, signature: string): void {
  const text = stringToSign(request, date);
  if (sameSignature(signV2(key.secret, text), signature)) return;
  if (/^\/[^/]+$/.test(request.path) && request.virtualBucket === undefined) {
    const withSlash = stringToSign({ ...request, path: `${request.path}/` }, date);
    if (sameSignature(signV2(key.secret, withSlash), signature)) return;
  }
  throw new S3Error('SignatureDoesNotMatch', {
    extra: {
      AWSAccessKeyId: key.id,
      StringToSign: text,
      SignatureProvided: signature,
      StringToSignBytes: hexBytes(text),
    },
  });
}

/** Base64 HMAC-SHA1. */
export function signV2(secret: string, text: string): string {
  return createHmac('sha1', secret).update(text).digest('base64');
}

/** @param date the Date header, '' beside x-amz-date, or Expires in the query form */
export function stringToSign(request: SignedRequestV2, date: string): string {
  const { method, headers, query, path, virtualBucket } = request;
  const amz = [...headers.startingWith('x-amz-')]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('');
  const subresources = query.pairs
    .filter(({ name }) => SIGNED.has(name) || name.startsWith('response-'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value, rawValue }) =>
      rawValue === undefined || rawValue === '' ? name : `${name}=${value}`,
    );
  const resource = `${virtualBucket === undefined ? '' : `/${virtualBucket}`}${path}`;
  const tail = subresources.length === 0 ? '' : `?${subresources.join('&')}`;
  const md5 = headers.get('content-md5') ?? '';
  const type = headers.get('content-type') ?? '';
  return `${method}\n${md5}\n${type}\n${date}\n${amz}${resource}${tail}`;
}
