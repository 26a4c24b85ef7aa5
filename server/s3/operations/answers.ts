/** The shapes most answers have. */
import type { S3Request, S3Response } from '../operation.js';
import { requestCharged } from './request-payer.js';

export type Headers = Readonly<Record<string, string | number | undefined>>;

/** 200 with a document. */
export function xmlAnswer(request: S3Request, body: string, headers?: Headers): S3Response {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/xml', ...requestCharged(request), ...headers },
    body,
  };
}

/** 200 and nothing but headers. */
export function emptyAnswer(request: S3Request, headers?: Headers): S3Response {
  return { status: 200, headers: { ...requestCharged(request), ...headers } };
}

/** 204. */
export function noContent(request: S3Request, headers?: Headers): S3Response {
  return { status: 204, headers: { ...requestCharged(request), ...headers } };
}
