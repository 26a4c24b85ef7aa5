/** docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html */
import { parseHttpDate } from '../../http/dates.js';
import { invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { noContent } from './answers.js';
import { preconditionFailed } from './conditions.js';
import { uploadIdOf } from './upload-id.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  const id = uploadIdOf(request);
  await checkInitiated(request);
  await store.abortUpload(bucket, key, id);
  return noContent(request);
}

/** `x-amz-if-match-initiated-time`, in whole seconds. @throws S3Error PreconditionFailed, InvalidArgument */
async function checkInitiated(request: S3Request): Promise<void> {
  const name = 'x-amz-if-match-initiated-time';
  const text = request.header(name);
  if (text === undefined) return;
  const time = parseHttpDate(text.trim());
  if (time === undefined) throw invalidArgument(name, text, 'The date is not one S3 can read.');
  const { initiated } = await request.store.upload(request.bucket, request.key, uploadIdOf(request));
  if (Math.floor(initiated / 1000) !== Math.floor(time / 1000)) throw preconditionFailed(name);
}

export const abortMultipartUpload: Implementation = { name: 'AbortMultipartUpload', handler };
