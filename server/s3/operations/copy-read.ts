/** The source of a copy: found, allowed to be read, and under the conditions the request sets. */
import { StoreError } from '../../../lib/errors.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';
import { checkSource, sourceConditions } from './conditions.js';
import { parseCopySource, type CopySource } from './copy-source.js';

const HEADER = 'x-amz-copy-source';
const PREFIX = `${HEADER}-`;

export interface FoundSource {
  readonly source: CopySource;
  readonly info: ObjectInfo;
}

/** @throws S3Error InvalidArgument, AccessDenied, NoSuchKey, PreconditionFailed; StoreError NoSuchBucket */
export async function readCopySource(request: S3Request): Promise<FoundSource> {
  const { store } = request;
  const source = parseCopySource(HEADER, request.header(HEADER) ?? '');
  const bucket = await store.bucket(source.bucket);
  const owner = request.header('x-amz-source-expected-bucket-owner');
  if (owner !== undefined && owner !== request.ownerOf(bucket)) throw new S3Error('AccessDenied');
  request.authorize('s3:GetObject', bucket);
  let info: ObjectInfo;
  try {
    info = await store.head(source.bucket, source.key);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'NoSuchKey') throw error;
    request.authorize('s3:ListBucket', bucket, 'bucket');
    throw new S3Error('NoSuchKey', { extra: { Key: source.key }, cause: error });
  }
  checkSource(sourceConditions(request, PREFIX), info, PREFIX);
  return { source, info };
}
