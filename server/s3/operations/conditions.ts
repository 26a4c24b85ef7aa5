/**
 * Preconditions of writes, deletes and copies, from headers to the store's terms.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
 * The store decides them under the key's lock; `precheck` only spares a client the upload of a body that
 * could not be stored any more.
 */
import { StoreError } from '../../../lib/errors.js';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import type { ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import type { Store } from '../../../lib/store/store.js';
import { evaluateConditions, parseEntityTags, type Conditions } from '../../http/conditional.js';
import { parseHttpDate } from '../../http/dates.js';
import { S3Error, invalidArgument, notImplemented } from '../errors.js';
import type { S3Request } from '../operation.js';
import { parseCount } from './list-parameters.js';

type Headers = Pick<S3Request, 'header'>;

function tagsOf(header: string): '*' | readonly string[] {
  const tags = parseEntityTags(header);
  return tags === '*' ? tags : tags.map((tag) => tag.value);
}

/**
 * If-Match and If-None-Match of a request that writes.
 * @throws S3Error NotImplemented for dates, as S3 does
 */
export function writeConditions(request: Headers): WriteConditions {
  for (const name of ['if-modified-since', 'if-unmodified-since']) {
    if (request.header(name) !== undefined) throw notImplemented(`The header ${name} on a write`);
  }
  const ifMatch = request.header('if-match');
  const ifNoneMatch = request.header('if-none-match');
  return {
    ...(ifMatch !== undefined && { ifMatch: tagsOf(ifMatch) }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: tagsOf(ifNoneMatch) }),
  };
}

/** @throws S3Error InvalidArgument */
export function deleteConditions(request: Headers): WriteConditions {
  return entryConditions({
    etag: request.header('if-match'),
    size: request.header('x-amz-if-match-size'),
    modified: request.header('x-amz-if-match-last-modified-time'),
  });
}

/** The texts of an entry of DeleteObjects, or of DeleteObject's headers. @throws S3Error InvalidArgument */
export function entryConditions(texts: {
  readonly etag: string | undefined;
  readonly size: string | undefined;
  readonly modified: string | undefined;
}): WriteConditions {
  const { etag, size, modified } = texts;
  return {
    ...(etag !== undefined && { ifMatch: tagsOf(etag) }),
    ...(size !== undefined && { ifSize: parseSize(size) }),
    ...(modified !== undefined && { ifModified: parseTime(modified) }),
  };
}

function parseSize(text: string): number {
  if (/^\s*\d{1,15}\s*$/.test(text)) return Number(text);
  return parseCount('x-amz-if-match-size', text);
}

function parseTime(text: string): number {
  const time = parseHttpDate(text.trim());
  if (time !== undefined) return time;
  throw invalidArgument('x-amz-if-match-last-modified-time', text, 'The date is not one S3 can read.');
}

/** Refuses what cannot succeed as things are now. @throws StoreError PreconditionFailed, NoSuchKey */
export async function precheck(
  store: Store,
  bucket: BucketName,
  key: ObjectKey,
  conditions: WriteConditions,
): Promise<void> {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch === undefined && ifNoneMatch === undefined) return;
  const current = await currentObject(store, bucket, key);
  if (current === undefined) {
    if (ifMatch !== undefined) throw new StoreError('NoSuchKey', 'The specified key does not exist.');
    return;
  }
  if (ifMatch !== undefined && ifMatch !== '*' && !ifMatch.includes(current.etag)) {
    throw preconditionFailed('If-Match');
  }
  if (ifNoneMatch !== undefined && (ifNoneMatch === '*' || ifNoneMatch.includes(current.etag))) {
    throw preconditionFailed('If-None-Match');
  }
}

/** The object, or undefined where there is none. */
export async function currentObject(
  store: Store,
  bucket: BucketName,
  key: ObjectKey,
): Promise<ObjectInfo | undefined> {
  try {
    return await store.head(bucket, key);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** `x-amz-copy-source-if-…`, or another prefix: the conditions on a source. */
export function sourceConditions(request: Headers, prefix: string): Conditions {
  return {
    ifMatch: request.header(`${prefix}if-match`),
    ifNoneMatch: request.header(`${prefix}if-none-match`),
    ifModifiedSince: request.header(`${prefix}if-modified-since`),
    ifUnmodifiedSince: request.header(`${prefix}if-unmodified-since`),
  };
}

/** For a source every condition that does not hold is a 412. @throws S3Error PreconditionFailed */
export function checkSource(conditions: Conditions, source: ObjectInfo, prefix: string): void {
  const verdict = evaluateConditions(conditions, source);
  if (verdict === 'proceed') return;
  if (verdict !== 304) throw preconditionFailed(prefix + verdict.condition);
  throw preconditionFailed(
    prefix + (conditions.ifNoneMatch === undefined ? 'If-Modified-Since' : 'If-None-Match'),
  );
}

export function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { extra: { Condition: condition } });
}
