/** Requester Pays: nobody is charged here, and who said to be ready for it is told so. */
import type { S3Request } from '../operation.js';

/** `x-amz-request-charged`, for clients that sent `x-amz-request-payer: requester`. */
export function requestCharged(request: Pick<S3Request, 'header'>): {
  'x-amz-request-charged'?: 'requester';
} {
  return request.header('x-amz-request-payer')?.toLowerCase() === 'requester'
    ? { 'x-amz-request-charged': 'requester' }
    : {};
}
