/**
 * The canonical request of AWS Signature Version 4 in its S3 dialect: the path is encoded once and never
 * normalised. docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * Pure text; the verifier, `presign` and the benchmarks share it.
 */
import type { Query, QueryPair } from '../query.js';

const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const UNRESERVED_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** AWS's UriEncode: everything but unreserved characters, UTF-8, upper-case hex. */
export function uriEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A decoded path, encoded; slashes stay. */
export function encodePath(path: string): string {
  if (UNRESERVED_PATH.test(path)) return path;
  return path.split('/').map(uriEncode).join('/');
}

/** The path as AWS canonicalises it: decoded once, encoded once. `raw` decodes, the target saw to that. */
export function canonicalPath(raw: string): string {
  return UNRESERVED_PATH.test(raw) ? raw : raw.split('/').map(canonicalSegment).join('/');
}

function canonicalSegment(raw: string): string {
  return uriEncode(decodeURIComponent(raw));
}

/** How the two ways to read a query's bytes differ: as AWS encodes what it decoded, or as it was sent. */
export type Spelling = 'canonical' | 'as-sent';

/** Pairs sorted by encoded name, then value; without `except`, the signature itself. */
export function canonicalQuery(query: Query, spelling: Spelling, except?: string): string {
  const { pairs } = query;
  if (pairs.length === 0) return '';
  if (pairs.length === 1 && except === undefined) return joined(pairs[0]!, spelling);
  const texts: string[] = [];
  for (const pair of pairs) if (pair.name !== except) texts.push(joined(pair, spelling, '\u0000'));
  // NUL sorts before everything, so that a name goes before the longer names it begins.
  return texts.sort(byUnits).join('&').replaceAll('\u0000', '=');
}

function joined(pair: QueryPair, spelling: Spelling, equals = '='): string {
  if (spelling === 'as-sent') return pair.rawName + equals + (pair.rawValue ?? '');
  return uriEncode(pair.name) + equals + uriEncode(pair.value);
}

const byUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Trimmed, runs of spaces made one. */
export function canonicalHeaderValue(value: string): string {
  const trimmed = value.trim();
  return trimmed.includes('  ') ? trimmed.replace(/ {2,}/g, ' ') : trimmed;
}

export interface CanonicalParts {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** `name:value\n` for each signed header, in the order of `signedHeaders`. */
  readonly headers: string;
  /** Names joined by `;`. */
  readonly signedHeaders: string;
  readonly payloadHash: string;
}

export function canonicalRequest(parts: CanonicalParts): string {
  return `${parts.method}\n${parts.path}\n${parts.query}\n${parts.headers}\n${parts.signedHeaders}\n${parts.payloadHash}`;
}
