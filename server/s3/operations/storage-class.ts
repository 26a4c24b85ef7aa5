/** The storage class a request asks for. docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html */
import { DEFAULT_STORAGE_CLASS, STORAGE_CLASSES } from '../../../lib/store/attribute-rules.js';
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';

/** `x-amz-storage-class`, STANDARD when absent. @throws S3Error InvalidStorageClass */
export function askedStorageClass(request: Pick<S3Request, 'header'>): string {
  const value = request.header('x-amz-storage-class');
  if (value === undefined || value === '') return DEFAULT_STORAGE_CLASS;
  if (STORAGE_CLASSES.has(value)) return value;
  throw new S3Error('InvalidStorageClass', { extra: { StorageClassRequested: value } });
}
