/**
 * `x-amz-copy-source` and `x-amz-rename-source`: `[/]bucket/key[?versionId=…]`, URL-encoded, where `+` is a
 * space as in a form. docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
import { isBucketName, parseObjectKey, type BucketName, type ObjectKey } from '../../../lib/names.js';
import { invalidArgument } from '../errors.js';
import { checkVersionId } from './version-id.js';

export interface CopySource {
  readonly bucket: BucketName;
  readonly key: ObjectKey;
}

/** @throws S3Error InvalidArgument, NoSuchVersion; StoreError KeyTooLong, InvalidKey */
export function parseCopySource(header: string, value: string): CopySource {
  const version = /\?versionId=([^?]*)$/.exec(value);
  const path = version === null ? value : value.slice(0, version.index);
  const decoded = decode(header, value, path);
  const from = decoded.startsWith('/') ? 1 : 0;
  const slash = decoded.indexOf('/', from);
  const bucket = decoded.slice(from, slash < 0 ? undefined : slash);
  if (!isBucketName(bucket)) {
    throw invalidArgument(header, value, 'Invalid copy source bucket name');
  }
  if (slash < 0 || slash + 1 === decoded.length) {
    throw invalidArgument(header, value, 'Invalid copy source object key');
  }
  if (version !== null) checkVersionId(decode(header, value, version[1] ?? ''));
  return { bucket, key: parseObjectKey(decoded.slice(slash + 1)) };
}

function decode(header: string, value: string, text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidArgument(header, value, 'Invalid copy source encoding.');
  }
}
