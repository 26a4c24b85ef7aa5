/**
 * Settings no bucket has yet, since nothing here can make them: asked for, they are absent in the words each
 * has for it, which clients and provisioning tools look for; deleted, they are gone. Making one is still 501.
 * docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import { S3Error, type S3ErrorCode } from '../errors.js';
import type { Implementation } from '../operation.js';
import { document, element } from '../xml-write.js';
import { noContent, xmlAnswer } from './answers.js';

const ABSENT: Readonly<Record<string, S3ErrorCode>> = {
  GetBucketPolicy: 'NoSuchBucketPolicy',
  GetBucketCors: 'NoSuchCORSConfiguration',
  GetBucketWebsite: 'NoSuchWebsiteConfiguration',
  GetBucketLifecycleConfiguration: 'NoSuchLifecycleConfiguration',
  GetBucketReplication: 'ReplicationConfigurationNotFoundError',
  GetBucketEncryption: 'ServerSideEncryptionConfigurationNotFoundError',
  GetPublicAccessBlock: 'NoSuchPublicAccessBlockConfiguration',
  GetBucketOwnershipControls: 'OwnershipControlsNotFoundError',
  GetObjectLockConfiguration: 'ObjectLockConfigurationNotFoundError',
};

/** The documents of those that always are, and say so by being empty. */
const DEFAULTS: Readonly<Record<string, string>> = {
  GetBucketVersioning: document('VersioningConfiguration', ''),
  GetBucketLogging: document('BucketLoggingStatus', ''),
  GetBucketNotificationConfiguration: document('NotificationConfiguration', ''),
  GetBucketAccelerateConfiguration: document('AccelerateConfiguration', ''),
  GetBucketRequestPayment: document('RequestPaymentConfiguration', element('Payer', 'BucketOwner')),
};

const DELETED = [
  'DeleteBucketPolicy',
  'DeleteBucketCors',
  'DeleteBucketWebsite',
  'DeleteBucketLifecycle',
  'DeleteBucketReplication',
  'DeleteBucketEncryption',
  'DeletePublicAccessBlock',
  'DeleteBucketOwnershipControls',
];

export const absentSettings: readonly Implementation[] = [
  ...Object.entries(ABSENT).map(([name, code]): Implementation => ({
    name,
    handler({ bucket }) {
      throw new S3Error(code, { extra: { BucketName: bucket } });
    },
  })),
  ...Object.entries(DEFAULTS).map(([name, body]): Implementation => ({
    name,
    handler: (request) => xmlAnswer(request, body),
  })),
  ...DELETED.map((name): Implementation => ({ name, handler: noContent })),
];
