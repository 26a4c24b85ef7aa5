/** docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html */
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { emptyAnswer } from './answers.js';
import { bucketArn } from './bucket-headers.js';

function handler(request: S3Request): S3Response {
  return emptyAnswer(request, {
    'x-amz-bucket-region': request.region,
    'x-amz-bucket-arn': bucketArn(request.bucket),
    'x-amz-access-point-alias': 'false',
    'Content-Type': 'application/xml',
  });
}

export const headBucket: Implementation = { name: 'HeadBucket', handler };
