/** What listings have in common in their query: limits, markers and the encoding of names. */
import { invalidArgument } from '../errors.js';
import type { S3Request } from '../operation.js';

export const MAX_PAGE = 1000;

type Query = Pick<S3Request, 'query'>;

/**
 * A count such as max-keys: absent or empty is 1000, more than 1000 is 1000.
 * @throws S3Error InvalidArgument
 */
export function pageLimit(request: Query, name: string): number {
  return Math.min(countParameter(request, name) ?? MAX_PAGE, MAX_PAGE);
}

/** A non-negative 32-bit integer; undefined when absent or empty. @throws S3Error InvalidArgument */
export function countParameter(request: Query, name: string): number | undefined {
  const text = request.query(name);
  return text === undefined || text === '' ? undefined : parseCount(name, text);
}

/** @throws S3Error InvalidArgument */
export function parseCount(name: string, text: string): number {
  const value = /^\s*\+?\d{1,10}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (value <= 0x7fffffff) return value;
  if (/^\s*-\d+\s*$/.test(text)) {
    throw invalidArgument(name, text, `Argument ${name} must be an integer between 0 and 2147483647`);
  }
  throw invalidArgument(name, text, `Provided ${name} not an integer or within integer range`);
}

export interface NameEncoding {
  /** 'url', or undefined: printed as EncodingType. */
  readonly type: 'url' | undefined;
  readonly encode: (name: string) => string;
}

const PLAIN: NameEncoding = { type: undefined, encode: (name) => name };
const URL_ENCODED: NameEncoding = { type: 'url', encode: urlEncode };

/** `encoding-type`. @throws S3Error InvalidArgument */
export function nameEncoding(request: Query): NameEncoding {
  const value = request.query('encoding-type');
  if (value === undefined || value === '') return PLAIN;
  if (value === 'url') return URL_ENCODED;
  throw invalidArgument('encoding-type', value, 'Invalid Encoding Method specified in Request');
}

/** Percent-encodes UTF-8, leaving `/` alone. A space is `%20`, which every decoder reads. */
export function urlEncode(name: string): string {
  return encodeURIComponent(name)
    .replaceAll('%2F', '/')
    .replace(/[!'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
