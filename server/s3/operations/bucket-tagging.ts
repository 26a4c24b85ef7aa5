/** docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html, and GET and DELETE of the same. */
import { S3Error } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { noContent, xmlAnswer } from './answers.js';
import { readXml } from './document-body.js';
import { readTagging, taggingDocument } from './tagging.js';

function get(request: S3Request): S3Response {
  const { tagging } = request.bucketInfo.settings;
  if (tagging === undefined || tagging.length === 0) {
    throw new S3Error('NoSuchTagSet', { extra: { BucketName: request.bucket } });
  }
  return xmlAnswer(request, taggingDocument(tagging));
}

async function put(request: S3Request): Promise<S3Response> {
  const tagging = readTagging(await readXml(request, 'required', 'Tagging'), 'bucket');
  await request.store.changeBucket(request.bucket, { tagging });
  return noContent(request);
}

async function remove(request: S3Request): Promise<S3Response> {
  await request.store.changeBucket(request.bucket, { tagging: undefined });
  return noContent(request);
}

export const getBucketTagging: Implementation = { name: 'GetBucketTagging', handler: get };
export const putBucketTagging: Implementation = { name: 'PutBucketTagging', handler: put };
export const deleteBucketTagging: Implementation = { name: 'DeleteBucketTagging', handler: remove };
