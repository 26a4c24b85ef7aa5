/**
 * Who may not list a bucket is not told what is missing from it: 403 instead of 404.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Permissions"
 */
import { StoreError } from '../../../lib/errors.js';
import type { S3Request } from '../operation.js';

/** Rethrows a failure to read an object. @throws S3Error AccessDenied in place of NoSuchKey */
export function explainMissing(request: S3Request, error: unknown): never {
  if (error instanceof StoreError && (error.code === 'NoSuchKey' || error.code === 'NotAnObject')) {
    request.authorize('s3:ListBucket', request.bucketInfo, 'bucket');
  }
  throw error;
}
