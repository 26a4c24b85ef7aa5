/**
 * The other side of signature version 4: making it. `bucketree presign`, the benchmarks and the tests sign with
 * the same canonical text the server verifies.
 */
import { amzDate } from '../../http/dates.js';
import { Query } from '../query.js';
import {
  canonicalHeaderValue,
  canonicalQuery,
  canonicalRequest,
  encodePath,
  uriEncode,
} from './canonical-request.js';
import { UNSIGNED_PAYLOAD } from './payload.js';
import { ALGORITHM } from './signature-v4.js';
import { scopeText, sha256Hex, SigningKeys, type Scope } from './signing-key.js';

const keys = new SigningKeys();

export interface Credentials {
  readonly accessKeyId: string;
  readonly secret: string;
}

export interface Unsigned {
  readonly method: string;
  /** As the Host header will have it: `127.0.0.1:9000`. */
  readonly host: string;
  /** Decoded: `/bucket/my key`. */
  readonly path: string;
  /** Decoded; '' for a sub-resource without a value. */
  readonly query?: Readonly<Record<string, string>>;
  /** Further headers to sign. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** @returns the request target with everything a client needs in its query */
export function presign(
  request: Unsigned & { /** Seconds, up to a week. */ readonly expires: number },
): string {
  const stamp = amzDate(request.time);
  const scope: Scope = { date: stamp.slice(0, 8), region: request.region };
  const headers = lowerCase({ ...request.headers, host: request.host });
  const names = Object.keys(headers).sort();
  const query = encodeQuery({
    ...request.query,
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${request.credentials.accessKeyId}/${scopeText(scope)}`,
    'X-Amz-Date': stamp,
    'X-Amz-Expires': String(request.expires),
    'X-Amz-SignedHeaders': names.join(';'),
  });
  const signature = sign(request, scope, stamp, headers, names, query, UNSIGNED_PAYLOAD);
  return `${encodePath(request.path)}?${query}&X-Amz-Signature=${signature}`;
}

export interface SignedHeaders {
  /** The encoded request target. */
  readonly target: string;
  /** All headers to send, lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The seed of chunk signatures. */
  readonly signature: string;
}

/** @param request `payloadHash`: a hex SHA-256 or one of the names for none; unsigned unless given */
export function signHeaders(request: Unsigned & { readonly payloadHash?: string }): SignedHeaders {
  const stamp = amzDate(request.time);
  const scope: Scope = { date: stamp.slice(0, 8), region: request.region };
  const payloadHash = request.payloadHash ?? UNSIGNED_PAYLOAD;
  const headers = lowerCase({
    ...request.headers,
    host: request.host,
    'x-amz-date': stamp,
    'x-amz-content-sha256': payloadHash,
  });
  const names = Object.keys(headers).sort();
  const query = encodeQuery(request.query ?? {});
  const signature = sign(request, scope, stamp, headers, names, query, payloadHash);
  const credential = `${request.credentials.accessKeyId}/${scopeText(scope)}`;
  headers['authorization'] =
    `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return {
    target: `${encodePath(request.path)}${query === '' ? '' : `?${query}`}`,
    headers,
    signature,
  };
}

function sign(
  request: Unsigned,
  scope: Scope,
  stamp: string,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
  query: string,
  payloadHash: string,
): string {
  const canonical = canonicalRequest({
    method: request.method,
    path: encodePath(request.path),
    query: canonicalQuery(new Query(query), 'canonical'),
    headers: names.map((name) => `${name}:${canonicalHeaderValue(headers[name] ?? '')}\n`).join(''),
    signedHeaders: names.join(';'),
    payloadHash,
  });
  const text = `${ALGORITHM}\n${stamp}\n${scopeText(scope)}\n${sha256Hex(canonical)}`;
  return keys.get(request.credentials.secret, scope).sign(text);
}

function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`)
    .join('&');
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
