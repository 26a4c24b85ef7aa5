/** docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html: empty for us-east-1. */
import { escapeXml, document } from '../xml-write.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { xmlAnswer } from './answers.js';
import { UNNAMED_REGION } from './bucket-headers.js';

function handler(request: S3Request): S3Response {
  const { region } = request;
  return xmlAnswer(
    request,
    document('LocationConstraint', region === UNNAMED_REGION ? '' : escapeXml(region)),
  );
}

export const getBucketLocation: Implementation = { name: 'GetBucketLocation', handler };
