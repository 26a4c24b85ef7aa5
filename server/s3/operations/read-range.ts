/**
 * What part of an object a read asks for: by Range, by part number, or all of it.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/range-get-olap.html
 */
import type { ObjectInfo, ObjectPart } from '../../../lib/store/model.js';
import { evaluateConditions } from '../../http/conditional.js';
import { parseHttpDate } from '../../http/dates.js';
import { contentRange, parseRange } from '../../http/range.js';
import { S3Error, invalidArgument } from '../errors.js';
import type { S3Request } from '../operation.js';

export interface ChosenRange {
  /** Bytes [start, end). */
  readonly start: number;
  readonly end: number;
  /** 206 rather than 200. */
  readonly partial: boolean;
  readonly contentRange?: string;
  /** The part asked for by its number. */
  readonly part?: ObjectPart | undefined;
  /** x-amz-mp-parts-count. */
  readonly partsCount?: number | undefined;
}

type Asked = Pick<S3Request, 'header' | 'query'>;

/** @throws S3Error InvalidRange, InvalidPartNumber, InvalidArgument, InvalidRequest (both at once) */
export function chooseRange(request: Asked, info: ObjectInfo): ChosenRange {
  const range = request.header('range');
  const number = request.query('partNumber');
  if (number !== undefined) {
    if (range !== undefined) {
      throw new S3Error('InvalidRequest', {
        message: 'Cannot specify both Range header and partNumber query parameter',
      });
    }
    return partRange(number, info);
  }
  const { size } = info;
  if (range === undefined || !rangeHolds(request.header('if-range'), info)) return whole(size);
  const found = parseRange(range, size);
  switch (found.kind) {
    case 'whole':
      return whole(size);
    case 'unsatisfiable':
      throw new S3Error('InvalidRange', {
        extra: { RangeRequested: range, ActualObjectSize: size },
        headers: { 'Content-Range': `bytes */${size}` },
      });
    case 'range':
      return slice(found.start, found.end, size);
  }
}

function whole(size: number): ChosenRange {
  return { start: 0, end: size, partial: false };
}

function slice(start: number, end: number, size: number): ChosenRange {
  return { start, end, partial: true, contentRange: contentRange(start, end, size) };
}

/** If-Range: RFC 9110 section 13.1.5. A validator that does not hold makes it a request for everything. */
function rangeHolds(ifRange: string | undefined, info: ObjectInfo): boolean {
  if (ifRange === undefined) return true;
  const time = parseHttpDate(ifRange);
  if (time !== undefined) return Math.floor(time / 1000) === Math.floor(info.modified / 1000);
  return evaluateConditions({ ifMatch: ifRange }, info) === 'proceed';
}

function partRange(text: string, info: ObjectInfo): ChosenRange {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 10_000) {
    throw invalidArgument(
      'partNumber',
      text,
      'Part number must be an integer between 1 and 10000, inclusive',
    );
  }
  const { parts, size } = info;
  const count = parts?.length ?? 1;
  if (number > count) {
    throw new S3Error('InvalidPartNumber', {
      extra: { ActualPartCount: count, PartNumberRequested: number },
    });
  }
  let start = 0;
  for (let at = 0; parts !== undefined && at < number - 1; at++) start += parts[at]?.size ?? 0;
  const part = parts?.[number - 1];
  const end = part === undefined ? size : start + part.size;
  // No Content-Range can say "no bytes".
  const range = end > start ? slice(start, end, size) : { start, end, partial: false };
  return { ...range, part, partsCount: parts?.length };
}
