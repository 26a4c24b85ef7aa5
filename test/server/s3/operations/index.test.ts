import t from 'tap';
import { implemented } from '../../../../server/s3/operations/index.js';

t.test('what this door does, by name', async (t) => {
  t.same(implemented.map(({ name }) => name).sort(), [
    'AbortMultipartUpload',
    'CompleteMultipartUpload',
    'CopyObject',
    'CreateBucket',
    'CreateMultipartUpload',
    'DeleteBucket',
    'DeleteBucketTagging',
    'DeleteObject',
    'DeleteObjectTagging',
    'DeleteObjects',
    'GetBucketLocation',
    'GetBucketTagging',
    'GetObject',
    'GetObjectAttributes',
    'GetObjectTagging',
    'HeadBucket',
    'HeadObject',
    'ListBuckets',
    'ListMultipartUploads',
    'ListObjectVersions',
    'ListObjects',
    'ListObjectsV2',
    'ListParts',
    'PutBucketTagging',
    'PutObject',
    'PutObjectTagging',
    'RenameObject',
    'UploadPart',
    'UploadPartCopy',
  ]);
});
