/** docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { noContent } from './answers.js';

async function handler(request: S3Request): Promise<S3Response> {
  await request.store.deleteBucket(request.bucket);
  return noContent(request);
}

export const deleteBucket: Implementation = { name: 'DeleteBucket', handler };
