/**
 * Object lock where no bucket has it: what AWS answers for a bucket without.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
import { S3Error } from '../errors.js';
import type { Implementation } from '../operation.js';

function refuse(): never {
  throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' });
}

function refuseConfiguration(): never {
  throw new S3Error('InvalidBucketState', {
    message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
  });
}

export const putObjectLockConfiguration: Implementation = {
  name: 'PutObjectLockConfiguration',
  handler: refuseConfiguration,
};
export const getObjectRetention: Implementation = { name: 'GetObjectRetention', handler: refuse };
export const putObjectRetention: Implementation = { name: 'PutObjectRetention', handler: refuse };
export const getObjectLegalHold: Implementation = { name: 'GetObjectLegalHold', handler: refuse };
export const putObjectLegalHold: Implementation = { name: 'PutObjectLegalHold', handler: refuse };
