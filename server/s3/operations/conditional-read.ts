/** Conditions on reading an object: 304 and 412. docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html */
import type { ObjectInfo } from '../../../lib/store/model.js';
import { evaluateConditions } from '../../http/conditional.js';
import { httpDate } from '../../http/dates.js';
import type { S3Request, S3Response } from '../operation.js';
import { preconditionFailed } from './conditions.js';

/** The 304 there is to answer; undefined: go on. @throws S3Error PreconditionFailed */
export function judgeRead(request: Pick<S3Request, 'header'>, info: ObjectInfo): S3Response | undefined {
  const ifMatch = request.header('if-match');
  const ifNoneMatch = request.header('if-none-match');
  const ifModifiedSince = request.header('if-modified-since');
  const ifUnmodifiedSince = request.header('if-unmodified-since');
  if ((ifMatch ?? ifNoneMatch ?? ifModifiedSince ?? ifUnmodifiedSince) === undefined) return undefined;
  const verdict = evaluateConditions({ ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince }, info);
  if (verdict === 'proceed') return undefined;
  if (verdict !== 304) throw preconditionFailed(verdict.condition);
  return {
    status: 304,
    headers: {
      ETag: `"${info.etag}"`,
      'Last-Modified': httpDate(info.modified),
      'Cache-Control': info.system.cacheControl,
      Expires: info.system.expires,
    },
  };
}
