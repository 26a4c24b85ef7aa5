/** The query of requests that concern one upload, or one part of it. */
import { parseUploadId, type UploadId } from '../../../lib/names.js';
import { invalidArgument } from '../errors.js';
import type { S3Request } from '../operation.js';

export const MAX_PARTS = 10_000;

/** @throws StoreError NoSuchUpload */
export function uploadIdOf(request: Pick<S3Request, 'query'>): UploadId {
  return parseUploadId(request.query('uploadId') ?? '');
}

/** `partNumber`, 1 to 10000. @throws S3Error InvalidArgument */
export function partNumberOf(request: Pick<S3Request, 'query'>): number {
  const text = request.query('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(
    'partNumber',
    text,
    `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
  );
}
