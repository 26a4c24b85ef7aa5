/** docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html */
import type { ChecksumAlgorithm, ChecksumType } from '../../../lib/checksum.js';
import { S3Error } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, elements } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { askedAlgorithm, askedType, typesOf } from './checksum-headers.js';
import { refuseUnsupported } from './refused-headers.js';
import { requestAttributes } from './request-attributes.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key, account } = request;
  refuseUnsupported(request);
  const attributes = requestAttributes(request);
  const checksumAlgorithm = askedAlgorithm(request);
  const checksumType = chooseType(checksumAlgorithm, askedType(request));
  const upload = await store.createUpload(bucket, key, {
    owner: account.id,
    attributes,
    checksumAlgorithm,
    checksumType,
  });
  return xmlAnswer(
    request,
    document('InitiateMultipartUploadResult', elements({ Bucket: bucket, Key: key, UploadId: upload.id })),
    { 'x-amz-checksum-algorithm': checksumAlgorithm, 'x-amz-checksum-type': checksumType },
  );
}

/** COMPOSITE where an algorithm is named that can be. @throws S3Error InvalidRequest */
function chooseType(
  algorithm: ChecksumAlgorithm | undefined,
  asked: ChecksumType | undefined,
): ChecksumType | undefined {
  if (algorithm === undefined) {
    if (asked === undefined) return undefined;
    throw new S3Error('InvalidRequest', {
      message: 'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    });
  }
  const types = typesOf(algorithm);
  if (asked === undefined) return types[0];
  if (types.includes(asked)) return asked;
  throw new S3Error('InvalidRequest', {
    message: `The ${asked} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  });
}

export const createMultipartUpload: Implementation = { name: 'CreateMultipartUpload', handler };
