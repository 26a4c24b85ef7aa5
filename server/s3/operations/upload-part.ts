/** docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html */
import type { UploadInfo } from '../../../lib/store/model.js';
import { S3Error } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { emptyAnswer } from './answers.js';
import { checksumHeader } from './checksum-headers.js';
import { quoteEtag } from './etag.js';
import { DEFAULT_ALGORITHM, prepareIntake, receiveBody, type Intake } from './receive-body.js';
import { refuseEncryption } from './encryption-headers.js';
import { partNumberOf, uploadIdOf } from './upload-id.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  refuseEncryption(request);
  const number = partNumberOf(request);
  const uploadId = uploadIdOf(request);
  const intake = prepareIntake(request);
  const upload = await store.upload(bucket, key, uploadId);
  checkAlgorithm(upload, intake);
  const target = { kind: 'part', bucket, key, uploadId, number } as const;
  // What Complete needs of every part: the upload's algorithm, or the one every object gets.
  const needed = [upload.checksumAlgorithm ?? DEFAULT_ALGORITHM];
  const { body, checksum } = await receiveBody(request, target, intake, needed);
  try {
    const part = await store.putPart(bucket, key, uploadId, number, body);
    return emptyAnswer(request, {
      ETag: quoteEtag(part.etag),
      [checksumHeader(checksum.algorithm)]: checksum.value,
    });
  } catch (error) {
    body.receiver.discard();
    throw error;
  }
}

/** An upload that named no algorithm takes any. @throws S3Error InvalidRequest */
function checkAlgorithm(upload: UploadInfo, { stated }: Intake): void {
  const expected = upload.checksumAlgorithm;
  if (expected === undefined || stated === undefined || stated.algorithm === expected) return;
  throw new S3Error('InvalidRequest', {
    message: `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${stated.algorithm.toLowerCase()}`,
  });
}

export const uploadPart: Implementation = { name: 'UploadPart', handler };
