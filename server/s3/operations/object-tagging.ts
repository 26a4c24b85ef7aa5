/** docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html, and GET and DELETE of the same. */
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { emptyAnswer, noContent, xmlAnswer } from './answers.js';
import { readXml } from './document-body.js';
import { readTagging, taggingDocument } from './tagging.js';
import { requireCurrentVersion } from './version-id.js';

async function get(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  requireCurrentVersion(request);
  const { tags } = await store.head(bucket, key);
  return xmlAnswer(request, taggingDocument(tags));
}

async function put(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  requireCurrentVersion(request);
  const tags = readTagging(await readXml(request, 'required', 'Tagging'), 'object');
  await store.setTags(bucket, key, tags);
  return emptyAnswer(request);
}

async function remove(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  requireCurrentVersion(request);
  await store.setTags(bucket, key, []);
  return noContent(request);
}

export const getObjectTagging: Implementation = { name: 'GetObjectTagging', handler: get };
export const putObjectTagging: Implementation = { name: 'PutObjectTagging', handler: put };
export const deleteObjectTagging: Implementation = { name: 'DeleteObjectTagging', handler: remove };
