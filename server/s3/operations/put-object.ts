/**
 * docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 * With `x-amz-write-offset-bytes` it appends instead: the offset is the object's size, 0 makes the object.
 */
import type { WriteConditions } from '../../../lib/store/model.js';
import { invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { emptyAnswer } from './answers.js';
import { checksumHeaders } from './checksum-headers.js';
import { precheck, writeConditions } from './conditions.js';
import { quoteEtag } from './etag.js';
import { prepareIntake, receiveBody } from './receive-body.js';
import { refuseUnsupported } from './refused-headers.js';
import { requestAttributes } from './request-attributes.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  refuseUnsupported(request);
  const attributes = requestAttributes(request);
  const offset = writeOffset(request);
  const conditions: WriteConditions = writeConditions(request);
  const intake = prepareIntake(request);
  // Before the client is told to go on: a body that cannot be stored need not be sent.
  await precheck(store, bucket, key, conditions);
  const { body, checksum } = await receiveBody(request, { kind: 'object', bucket, key }, intake);
  try {
    const put = { attributes, conditions, checksums: [checksum] };
    const info =
      offset === undefined
        ? await store.put(bucket, key, body, put)
        : await store.append(bucket, key, body, offset, put);
    return emptyAnswer(request, {
      ETag: quoteEtag(info.etag),
      ...checksumHeaders(offset === undefined ? [checksum] : info.checksums),
      ...(offset !== undefined && { 'x-amz-object-size': info.size }),
    });
  } catch (error) {
    body.receiver.discard();
    throw error;
  }
}

function writeOffset(request: S3Request): number | undefined {
  const name = 'x-amz-write-offset-bytes';
  const text = request.header(name);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalidArgument(name, text, 'The write offset must be a number of bytes.');
}

export const putObject: Implementation = { name: 'PutObject', handler };
