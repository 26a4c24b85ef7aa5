/**
 * Every operation S3 has, as data: the model of @aws-sdk/client-s3 3.1169 with its 112 operations, and the IAM
 * action of each (docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html). A row without
 * a handler answers 501 by its name; none can fall through to another.
 */
import type { Action } from '../../lib/access/decide.js';
import type { Method, Operation, ResourceKind } from './operation.js';

type Selectors = Omit<Operation, 'name' | 'method' | 'resource' | 'action' | 'handler'>;

function row(
  name: string,
  method: Method,
  resource: ResourceKind,
  action: Action,
  selectors: Selectors = {},
): Operation {
  return { name, method, resource, action, ...selectors };
}

/** The table as AWS has it, nothing implemented. */
export const MODEL: readonly Operation[] = [
  // Service
  row('ListBuckets', 'GET', 'service', 's3:ListAllMyBuckets'),

  // Bucket CRUD
  row('CreateBucket', 'PUT', 'bucket', 's3:CreateBucket', { makesBucket: true }),
  row('HeadBucket', 'HEAD', 'bucket', 's3:ListBucket'),
  row('DeleteBucket', 'DELETE', 'bucket', 's3:DeleteBucket'),
  row('GetBucketLocation', 'GET', 'bucket', 's3:GetBucketLocation', { subresource: 'location' }),

  // Bucket ACL / policy / ownership / public access
  row('GetBucketAcl', 'GET', 'bucket', 's3:GetBucketAcl', { subresource: 'acl' }),
  row('PutBucketAcl', 'PUT', 'bucket', 's3:PutBucketAcl', { subresource: 'acl' }),
  row('GetBucketPolicy', 'GET', 'bucket', 's3:GetBucketPolicy', { subresource: 'policy' }),
  row('PutBucketPolicy', 'PUT', 'bucket', 's3:PutBucketPolicy', { subresource: 'policy' }),
  row('DeleteBucketPolicy', 'DELETE', 'bucket', 's3:DeleteBucketPolicy', { subresource: 'policy' }),
  row('GetBucketPolicyStatus', 'GET', 'bucket', 's3:GetBucketPolicyStatus', { subresource: 'policyStatus' }),
  row('GetBucketOwnershipControls', 'GET', 'bucket', 's3:GetBucketOwnershipControls', {
    subresource: 'ownershipControls',
  }),
  row('PutBucketOwnershipControls', 'PUT', 'bucket', 's3:PutBucketOwnershipControls', {
    subresource: 'ownershipControls',
  }),
  row('DeleteBucketOwnershipControls', 'DELETE', 'bucket', 's3:PutBucketOwnershipControls', {
    subresource: 'ownershipControls',
  }),
  row('GetPublicAccessBlock', 'GET', 'bucket', 's3:GetBucketPublicAccessBlock', {
    subresource: 'publicAccessBlock',
  }),
  row('PutPublicAccessBlock', 'PUT', 'bucket', 's3:PutBucketPublicAccessBlock', {
    subresource: 'publicAccessBlock',
  }),
  row('DeletePublicAccessBlock', 'DELETE', 'bucket', 's3:PutBucketPublicAccessBlock', {
    subresource: 'publicAccessBlock',
  }),
  row('GetBucketAbac', 'GET', 'bucket', 's3:GetBucketAbac', { subresource: 'abac' }),
  row('PutBucketAbac', 'PUT', 'bucket', 's3:PutBucketAbac', { subresource: 'abac' }),

  // Bucket versioning / tagging / encryption
  row('GetBucketVersioning', 'GET', 'bucket', 's3:GetBucketVersioning', { subresource: 'versioning' }),
  row('PutBucketVersioning', 'PUT', 'bucket', 's3:PutBucketVersioning', { subresource: 'versioning' }),
  row('GetBucketTagging', 'GET', 'bucket', 's3:GetBucketTagging', { subresource: 'tagging' }),
  row('PutBucketTagging', 'PUT', 'bucket', 's3:PutBucketTagging', { subresource: 'tagging' }),
  row('DeleteBucketTagging', 'DELETE', 'bucket', 's3:PutBucketTagging', { subresource: 'tagging' }),
  row('GetBucketEncryption', 'GET', 'bucket', 's3:GetEncryptionConfiguration', { subresource: 'encryption' }),
  row('PutBucketEncryption', 'PUT', 'bucket', 's3:PutEncryptionConfiguration', { subresource: 'encryption' }),
  row('DeleteBucketEncryption', 'DELETE', 'bucket', 's3:PutEncryptionConfiguration', {
    subresource: 'encryption',
  }),

  // Bucket CORS / website
  row('GetBucketCors', 'GET', 'bucket', 's3:GetBucketCORS', { subresource: 'cors' }),
  row('PutBucketCors', 'PUT', 'bucket', 's3:PutBucketCORS', { subresource: 'cors' }),
  row('DeleteBucketCors', 'DELETE', 'bucket', 's3:PutBucketCORS', { subresource: 'cors' }),
  row('GetBucketWebsite', 'GET', 'bucket', 's3:GetBucketWebsite', { subresource: 'website' }),
  row('PutBucketWebsite', 'PUT', 'bucket', 's3:PutBucketWebsite', { subresource: 'website' }),
  row('DeleteBucketWebsite', 'DELETE', 'bucket', 's3:DeleteBucketWebsite', { subresource: 'website' }),

  // Bucket lifecycle / replication / notification / logging
  row('GetBucketLifecycleConfiguration', 'GET', 'bucket', 's3:GetLifecycleConfiguration', {
    subresource: 'lifecycle',
  }),
  row('PutBucketLifecycleConfiguration', 'PUT', 'bucket', 's3:PutLifecycleConfiguration', {
    subresource: 'lifecycle',
  }),
  row('DeleteBucketLifecycle', 'DELETE', 'bucket', 's3:PutLifecycleConfiguration', {
    subresource: 'lifecycle',
  }),
  row('GetBucketReplication', 'GET', 'bucket', 's3:GetReplicationConfiguration', {
    subresource: 'replication',
  }),
  row('PutBucketReplication', 'PUT', 'bucket', 's3:PutReplicationConfiguration', {
    subresource: 'replication',
  }),
  row('DeleteBucketReplication', 'DELETE', 'bucket', 's3:PutReplicationConfiguration', {
    subresource: 'replication',
  }),
  row('GetBucketNotificationConfiguration', 'GET', 'bucket', 's3:GetBucketNotification', {
    subresource: 'notification',
  }),
  row('PutBucketNotificationConfiguration', 'PUT', 'bucket', 's3:PutBucketNotification', {
    subresource: 'notification',
  }),
  row('GetBucketLogging', 'GET', 'bucket', 's3:GetBucketLogging', { subresource: 'logging' }),
  row('PutBucketLogging', 'PUT', 'bucket', 's3:PutBucketLogging', { subresource: 'logging' }),

  // Bucket inventory / metrics / analytics / tiering / accelerate / payment
  row('GetBucketInventoryConfiguration', 'GET', 'bucket', 's3:GetInventoryConfiguration', {
    subresource: 'inventory',
    parameter: 'id',
  }),
  row('ListBucketInventoryConfigurations', 'GET', 'bucket', 's3:GetInventoryConfiguration', {
    subresource: 'inventory',
  }),
  row('PutBucketInventoryConfiguration', 'PUT', 'bucket', 's3:PutInventoryConfiguration', {
    subresource: 'inventory',
    parameter: 'id',
  }),
  row('DeleteBucketInventoryConfiguration', 'DELETE', 'bucket', 's3:PutInventoryConfiguration', {
    subresource: 'inventory',
    parameter: 'id',
  }),
  row('GetBucketMetricsConfiguration', 'GET', 'bucket', 's3:GetMetricsConfiguration', {
    subresource: 'metrics',
    parameter: 'id',
  }),
  row('ListBucketMetricsConfigurations', 'GET', 'bucket', 's3:GetMetricsConfiguration', {
    subresource: 'metrics',
  }),
  row('PutBucketMetricsConfiguration', 'PUT', 'bucket', 's3:PutMetricsConfiguration', {
    subresource: 'metrics',
    parameter: 'id',
  }),
  row('DeleteBucketMetricsConfiguration', 'DELETE', 'bucket', 's3:PutMetricsConfiguration', {
    subresource: 'metrics',
    parameter: 'id',
  }),
  row('GetBucketAnalyticsConfiguration', 'GET', 'bucket', 's3:GetAnalyticsConfiguration', {
    subresource: 'analytics',
    parameter: 'id',
  }),
  row('ListBucketAnalyticsConfigurations', 'GET', 'bucket', 's3:GetAnalyticsConfiguration', {
    subresource: 'analytics',
  }),
  row('PutBucketAnalyticsConfiguration', 'PUT', 'bucket', 's3:PutAnalyticsConfiguration', {
    subresource: 'analytics',
    parameter: 'id',
  }),
  row('DeleteBucketAnalyticsConfiguration', 'DELETE', 'bucket', 's3:PutAnalyticsConfiguration', {
    subresource: 'analytics',
    parameter: 'id',
  }),
  row('GetBucketIntelligentTieringConfiguration', 'GET', 'bucket', 's3:GetIntelligentTieringConfiguration', {
    subresource: 'intelligent-tiering',
    parameter: 'id',
  }),
  row(
    'ListBucketIntelligentTieringConfigurations',
    'GET',
    'bucket',
    's3:GetIntelligentTieringConfiguration',
    { subresource: 'intelligent-tiering' },
  ),
  row('PutBucketIntelligentTieringConfiguration', 'PUT', 'bucket', 's3:PutIntelligentTieringConfiguration', {
    subresource: 'intelligent-tiering',
    parameter: 'id',
  }),
  row(
    'DeleteBucketIntelligentTieringConfiguration',
    'DELETE',
    'bucket',
    's3:PutIntelligentTieringConfiguration',
    { subresource: 'intelligent-tiering', parameter: 'id' },
  ),
  row('GetBucketAccelerateConfiguration', 'GET', 'bucket', 's3:GetAccelerateConfiguration', {
    subresource: 'accelerate',
  }),
  row('PutBucketAccelerateConfiguration', 'PUT', 'bucket', 's3:PutAccelerateConfiguration', {
    subresource: 'accelerate',
  }),
  row('GetBucketRequestPayment', 'GET', 'bucket', 's3:GetBucketRequestPayment', {
    subresource: 'requestPayment',
  }),
  row('PutBucketRequestPayment', 'PUT', 'bucket', 's3:PutBucketRequestPayment', {
    subresource: 'requestPayment',
  }),

  // Object CRUD
  row('PutObject', 'PUT', 'object', 's3:PutObject'),
  row('GetObject', 'GET', 'object', 's3:GetObject'),
  row('HeadObject', 'HEAD', 'object', 's3:GetObject'),
  row('DeleteObject', 'DELETE', 'object', 's3:DeleteObject', { parameters: ['versionId'] }),
  row('DeleteObjects', 'POST', 'bucket', 's3:DeleteObject', { subresource: 'delete' }),
  row('CopyObject', 'PUT', 'object', 's3:PutObject', { header: 'x-amz-copy-source' }),
  row('GetObjectAttributes', 'GET', 'object', 's3:GetObjectAttributes', { subresource: 'attributes' }),

  // Listing / versions
  row('ListObjects', 'GET', 'bucket', 's3:ListBucket'),
  row('ListObjectsV2', 'GET', 'bucket', 's3:ListBucket', { parameter: 'list-type=2' }),
  row('ListObjectVersions', 'GET', 'bucket', 's3:ListBucketVersions', { subresource: 'versions' }),

  // Multipart
  row('CreateMultipartUpload', 'POST', 'object', 's3:PutObject', { subresource: 'uploads' }),
  row('UploadPart', 'PUT', 'object', 's3:PutObject', { subresource: 'uploadId', parameter: 'partNumber' }),
  row('UploadPartCopy', 'PUT', 'object', 's3:PutObject', {
    subresource: 'uploadId',
    parameter: 'partNumber',
    header: 'x-amz-copy-source',
  }),
  row('CompleteMultipartUpload', 'POST', 'object', 's3:PutObject', { subresource: 'uploadId' }),
  row('AbortMultipartUpload', 'DELETE', 'object', 's3:AbortMultipartUpload', { subresource: 'uploadId' }),
  row('ListParts', 'GET', 'object', 's3:ListMultipartUploadParts', { subresource: 'uploadId' }),
  row('ListMultipartUploads', 'GET', 'bucket', 's3:ListBucketMultipartUploads', { subresource: 'uploads' }),

  // Object tagging / ACL
  row('GetObjectTagging', 'GET', 'object', 's3:GetObjectTagging', { subresource: 'tagging' }),
  row('PutObjectTagging', 'PUT', 'object', 's3:PutObjectTagging', {
    subresource: 'tagging',
    parameters: ['versionId'],
  }),
  row('DeleteObjectTagging', 'DELETE', 'object', 's3:DeleteObjectTagging', {
    subresource: 'tagging',
    parameters: ['versionId'],
  }),
  row('GetObjectAcl', 'GET', 'object', 's3:GetObjectAcl', { subresource: 'acl' }),
  row('PutObjectAcl', 'PUT', 'object', 's3:PutObjectAcl', { subresource: 'acl', parameters: ['versionId'] }),

  // Object lock
  row('GetObjectLockConfiguration', 'GET', 'bucket', 's3:GetBucketObjectLockConfiguration', {
    subresource: 'object-lock',
  }),
  row('PutObjectLockConfiguration', 'PUT', 'bucket', 's3:PutBucketObjectLockConfiguration', {
    subresource: 'object-lock',
  }),
  row('GetObjectRetention', 'GET', 'object', 's3:GetObjectRetention', { subresource: 'retention' }),
  row('PutObjectRetention', 'PUT', 'object', 's3:PutObjectRetention', {
    subresource: 'retention',
    parameters: ['versionId'],
  }),
  row('GetObjectLegalHold', 'GET', 'object', 's3:GetObjectLegalHold', { subresource: 'legal-hold' }),
  row('PutObjectLegalHold', 'PUT', 'object', 's3:PutObjectLegalHold', {
    subresource: 'legal-hold',
    parameters: ['versionId'],
  }),

  // Select / restore / torrent / encryption update / Object Lambda
  row('SelectObjectContent', 'POST', 'object', 's3:GetObject', {
    subresource: 'select',
    parameter: 'select-type=2',
    parameters: ['versionId'],
  }),
  row('RestoreObject', 'POST', 'object', 's3:RestoreObject', {
    subresource: 'restore',
    parameters: ['versionId'],
  }),
  row('GetObjectTorrent', 'GET', 'object', 's3:GetObjectTorrent', { subresource: 'torrent' }),
  row('UpdateObjectEncryption', 'PUT', 'object', 's3:UpdateObjectEncryption', {
    subresource: 'encryption',
    parameters: ['versionId'],
  }),
  row('WriteGetObjectResponse', 'POST', 'service', 's3:WriteGetObjectResponse', {
    path: '/WriteGetObjectResponse',
  }),

  // Annotations (new, June 2026)
  row('PutObjectAnnotation', 'PUT', 'object', 's3:PutObjectAnnotation', {
    subresource: 'annotation',
    parameter: 'annotationName',
    parameters: ['versionId'],
  }),
  row('GetObjectAnnotation', 'GET', 'object', 's3:GetObjectAnnotation', {
    subresource: 'annotation',
    parameter: 'annotationName',
  }),
  row('ListObjectAnnotations', 'GET', 'object', 's3:ListObjectAnnotations', { subresource: 'annotation' }),
  row('DeleteObjectAnnotation', 'DELETE', 'object', 's3:DeleteObjectAnnotation', {
    subresource: 'annotation',
    parameter: 'annotationName',
    parameters: ['versionId'],
  }),

  // Directory buckets / Express
  row('CreateSession', 'GET', 'bucket', 's3:CreateSession', { subresource: 'session' }),
  row('ListDirectoryBuckets', 'GET', 'service', 's3:ListAllMyDirectoryBuckets', {
    parameter: 'x-id=ListDirectoryBuckets',
  }),
  row('RenameObject', 'PUT', 'object', 's3:PutObject', { subresource: 'renameObject' }),

  // S3 Metadata tables (Iceberg)
  row('CreateBucketMetadataConfiguration', 'POST', 'bucket', 's3:CreateBucketMetadataTableConfiguration', {
    subresource: 'metadataConfiguration',
  }),
  row('GetBucketMetadataConfiguration', 'GET', 'bucket', 's3:GetBucketMetadataTableConfiguration', {
    subresource: 'metadataConfiguration',
  }),
  row('DeleteBucketMetadataConfiguration', 'DELETE', 'bucket', 's3:DeleteBucketMetadataTableConfiguration', {
    subresource: 'metadataConfiguration',
  }),
  row(
    'UpdateBucketMetadataInventoryTableConfiguration',
    'PUT',
    'bucket',
    's3:UpdateBucketMetadataInventoryTableConfiguration',
    { subresource: 'metadataInventoryTable' },
  ),
  row(
    'UpdateBucketMetadataJournalTableConfiguration',
    'PUT',
    'bucket',
    's3:UpdateBucketMetadataJournalTableConfiguration',
    { subresource: 'metadataJournalTable' },
  ),
  row(
    'UpdateBucketMetadataAnnotationTableConfiguration',
    'PUT',
    'bucket',
    's3:UpdateBucketMetadataAnnotationTableConfiguration',
    { subresource: 'metadataAnnotationTable' },
  ),
  row(
    'CreateBucketMetadataTableConfiguration',
    'POST',
    'bucket',
    's3:CreateBucketMetadataTableConfiguration',
    { subresource: 'metadataTable' },
  ),
  row('GetBucketMetadataTableConfiguration', 'GET', 'bucket', 's3:GetBucketMetadataTableConfiguration', {
    subresource: 'metadataTable',
  }),
  row(
    'DeleteBucketMetadataTableConfiguration',
    'DELETE',
    'bucket',
    's3:DeleteBucketMetadataTableConfiguration',
    { subresource: 'metadataTable' },
  ),
];

/** The model with the handlers there are: the model says how a request finds its row, the handler what it does. */
export function withHandlers(handlers: readonly Pick<Operation, 'name' | 'handler'>[]): readonly Operation[] {
  const known = new Map(handlers.map((operation) => [operation.name, operation.handler]));
  return MODEL.map((operation) => {
    const handler = known.get(operation.name);
    return handler === undefined ? operation : { ...operation, handler };
  });
}
