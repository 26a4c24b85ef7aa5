/** The storage classes S3 names. They are kept and told, and change nothing about how files lie here. */
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';

export const DEFAULT_STORAGE_CLASS = 'STANDARD';

const STORAGE_CLASSES = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'OUTPOSTS',
  'GLACIER_IR',
  'SNOW',
  'EXPRESS_ONEZONE',
  'FSX_OPENZFS',
  'FSX_ONTAP',
  'AWS_BACKUP_WARM',
  'AWS_BACKUP_LOW_COST_WARM',
]);

/** `x-amz-storage-class`, STANDARD when absent. @throws S3Error InvalidStorageClass */
export function askedStorageClass(request: Pick<S3Request, 'header'>): string {
  const value = request.header('x-amz-storage-class');
  if (value === undefined || value === '') return DEFAULT_STORAGE_CLASS;
  if (STORAGE_CLASSES.has(value)) return value;
  throw new S3Error('InvalidStorageClass', { extra: { StorageClassRequested: value } });
}
