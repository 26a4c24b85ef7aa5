/** docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
import { StoreError, type StoreErrorCode } from '../../../lib/errors.js';
import { parseObjectKey, type ObjectKey } from '../../../lib/names.js';
import type { DeleteOutcome, WriteConditions } from '../../../lib/store/model.js';
import { S3Error, toS3Error, type S3ErrorCode } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import type { XmlNode } from '../xml.js';
import { document, elements, group } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { entryConditions } from './conditions.js';
import { readXml } from './document-body.js';
import { parseVersionId } from './version-id.js';

const MAX_KEYS = 1000;

/** One entry of the list: to be deleted, or already known how it ends. */
type Entry = { readonly key: string; readonly version: string | undefined } & (
  | { readonly kind: 'delete'; readonly objectKey: ObjectKey; readonly conditions: WriteConditions }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly error: Failure }
);

interface Failure {
  readonly code: string;
  readonly message: string;
}

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket } = request;
  const root = await readXml(request, 'required', 'Delete');
  const objects = root.children('Object');
  if (objects.length === 0 || objects.length > MAX_KEYS) throw new S3Error('MalformedXML');
  const quiet = root.textOf('Quiet')?.trim().toLowerCase() === 'true';
  const entries = objects.map(readEntry);
  const keys = entries.flatMap((entry) =>
    entry.kind === 'delete' ? [{ key: entry.objectKey, conditions: entry.conditions }] : [],
  );
  const outcomes = keys.length === 0 ? [] : await store.deleteMany(bucket, keys);
  let at = 0;
  let inner = '';
  for (const entry of entries) {
    const failure = entry.kind === 'delete' ? failureOf(outcomes[at++]) : refusalOf(entry);
    inner += outcomeElement(entry, failure, quiet);
  }
  return xmlAnswer(request, document('DeleteResult', inner));
}

function readEntry(node: XmlNode): Entry {
  const key = node.require('Key').text;
  const version = node.textOf('VersionId');
  try {
    if (parseVersionId(version === '' ? undefined : version) === 'unknown')
      return { kind: 'absent', key, version };
    const conditions = entryConditions({
      etag: node.textOf('ETag'),
      size: node.textOf('Size'),
      modified: node.textOf('LastModifiedTime'),
    });
    return { kind: 'delete', key, version, objectKey: parseObjectKey(key), conditions };
  } catch (error) {
    if (!(error instanceof S3Error || error instanceof StoreError)) throw error;
    const { error: refusal } = toS3Error(error);
    return { kind: 'refused', key, version, error: refusal };
  }
}

function refusalOf(entry: Entry): Failure | undefined {
  return entry.kind === 'refused' ? entry.error : undefined;
}

/** What is not there is deleted, conditions or not. */
function failureOf(outcome: DeleteOutcome | undefined): Failure | undefined {
  const error = outcome?.error;
  if (error === undefined || error.code === 'NoSuchKey') return undefined;
  return toS3Error(new StoreError(error.code as StoreErrorCode, error.message)).error;
}

function outcomeElement(entry: Entry, failure: Failure | undefined, quiet: boolean): string {
  const { key, version } = entry;
  const VersionId = version === '' ? undefined : version;
  if (failure === undefined) return quiet ? '' : group('Deleted', elements({ Key: key, VersionId }));
  const code: S3ErrorCode | string = failure.code;
  return group('Error', elements({ Key: key, VersionId, Code: code, Message: failure.message }));
}

export const deleteObjects: Implementation = { name: 'DeleteObjects', handler };
