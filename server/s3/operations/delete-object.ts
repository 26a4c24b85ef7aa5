/** docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html: deleting what is not there succeeds. */
import { StoreError } from '../../../lib/errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { noContent } from './answers.js';
import { deleteConditions } from './conditions.js';
import { parseVersionId } from './version-id.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  const id = request.query('versionId');
  const version = parseVersionId(id);
  const conditions = deleteConditions(request);
  const headers = { 'x-amz-version-id': version === 'current' ? undefined : id };
  if (version === 'unknown') return noContent(request, headers);
  try {
    await store.delete(bucket, key, conditions);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'NoSuchKey') throw error;
  }
  return noContent(request, headers);
}

export const deleteObject: Implementation = { name: 'DeleteObject', handler };
