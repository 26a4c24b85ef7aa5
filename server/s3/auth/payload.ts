/**
 * What x-amz-content-sha256 says about the body: a hash, none, or aws-chunked with or without signatures and
 * trailers. docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import { S3Error, invalidArgument, notImplemented } from '../errors.js';

export type PayloadMode =
  | {
      readonly kind: 'plain';
      /** Lower-case hex; undefined: not signed. */ readonly sha256: string | undefined;
    }
  | { readonly kind: 'chunked'; readonly signed: boolean; readonly trailer: boolean };

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
const UNSIGNED: PayloadMode = { kind: 'plain', sha256: undefined };
const SHA256_HEX = /^[0-9a-fA-F]{64}$/;

/** `header`: Authorization header, version 4; `query`: presigned; `other`: anonymous and version 2. */
export type Mechanism = 'header' | 'query' | 'other';

/** @throws S3Error InvalidRequest (missing, or a signature without anything to chain to), InvalidArgument, NotImplemented */
export function payloadMode(value: string | undefined, mechanism: Mechanism): PayloadMode {
  switch (value) {
    case undefined:
      if (mechanism !== 'header') return UNSIGNED;
      throw new S3Error('InvalidRequest', {
        message: 'Missing required header for this request: x-amz-content-sha256',
      });
    case UNSIGNED_PAYLOAD:
      return UNSIGNED;
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'chunked', signed: false, trailer: true };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      if (mechanism !== 'header') {
        throw new S3Error('InvalidRequest', {
          message: `x-amz-content-sha256 ${value} needs an Authorization header of signature version 4.`,
        });
      }
      return { kind: 'chunked', signed: true, trailer: value.endsWith('-TRAILER') };
    case 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER':
      throw notImplemented('AWS4-ECDSA-P256-SHA256');
    default:
      if (SHA256_HEX.test(value)) return { kind: 'plain', sha256: value.toLowerCase() };
      throw invalidArgument(
        'x-amz-content-sha256',
        value,
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
      );
  }
}
