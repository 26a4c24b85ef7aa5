/**
 * docs.aws.amazon.com/AmazonS3/latest/API/API_RenameObject.html: one rename(2), within a bucket.
 * A client token makes a repeat succeed like the first time; tokens are remembered by this process alone.
 */
import type { ObjectKey } from '../../../lib/names.js';
import type { ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import type { Store } from '../../../lib/store/store.js';
import { evaluateConditions } from '../../http/conditional.js';
import { S3Error, invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { emptyAnswer } from './answers.js';
import { checkSource, currentObject, preconditionFailed, sourceConditions } from './conditions.js';
import { RecentTokens } from './client-token.js';
import { parseCopySource } from './copy-source.js';

const HEADER = 'x-amz-rename-source';

const TOKENS = new WeakMap<Store, RecentTokens>();

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  const value = request.header(HEADER) ?? '';
  const source = parseCopySource(HEADER, value);
  if (source.bucket !== bucket) {
    throw invalidArgument(HEADER, value, 'The source must be in the bucket of the destination.');
  }
  const token = request.header('x-amz-client-token');
  const tokens = tokensOf(store);
  if (token !== undefined && tokens.isRepeat(token, renameText(request, source.key), request.time)) {
    return emptyAnswer(request);
  }
  request.authorize('s3:GetObject', request.bucketInfo);
  request.authorize('s3:DeleteObject', request.bucketInfo);
  const conditions = {
    source: await sourceTerms(request, source.key),
    target: await targetTerms(request),
  };
  await store.rename(bucket, source.key, key, conditions);
  if (token !== undefined) tokens.remember(token, renameText(request, source.key), request.time);
  return emptyAnswer(request);
}

function tokensOf(store: Store): RecentTokens {
  let tokens = TOKENS.get(store);
  if (tokens === undefined) TOKENS.set(store, (tokens = new RecentTokens()));
  return tokens;
}

function renameText({ bucket, key, account }: S3Request, from: ObjectKey): string {
  return JSON.stringify([account.id, bucket, from, key]);
}

/** All conditions come down to: it is still the object they were judged against. */
function pinned(info: ObjectInfo): WriteConditions {
  return { ifMatch: [info.etag] };
}

async function sourceTerms(request: S3Request, key: ObjectKey): Promise<WriteConditions> {
  const prefix = `${HEADER}-`;
  const conditions = sourceConditions(request, prefix);
  if (Object.values(conditions).every((value) => value === undefined)) return {};
  const info = await request.store.head(request.bucket, key);
  checkSource(conditions, info, prefix);
  return pinned(info);
}

/** If-None-Match: * and If-Match ask whether it is there at all; dates say nothing of what is not there. */
async function targetTerms(request: S3Request): Promise<WriteConditions> {
  const conditions = sourceConditions(request, '');
  if (Object.values(conditions).every((value) => value === undefined)) return {};
  if (conditions.ifNoneMatch?.trim() === '*') return { ifNoneMatch: '*' };
  const info = await currentObject(request.store, request.bucket, request.key);
  if (info === undefined) {
    if (conditions.ifMatch !== undefined) throw new S3Error('NoSuchKey', { extra: { Key: request.key } });
    return {};
  }
  const verdict = evaluateConditions(conditions, info);
  if (verdict === 'proceed') return pinned(info);
  throw preconditionFailed(verdict === 304 ? 'If-None-Match' : verdict.condition);
}

export const renameObject: Implementation = { name: 'RenameObject', handler };
