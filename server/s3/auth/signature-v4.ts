/**
 * Signature Version 4 in the Authorization header and in the query: who signed, and whether they did.
 * docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html, …/sigv4-query-string-auth.html
 */
import type { AccessKey, Accounts } from '../../../lib/access/account.js';
import { isoDate, parseAmzDate, parseHttpDate, amzDate } from '../../http/dates.js';
import type { RequestHeaders } from '../../http/request-headers.js';
import { S3Error, type S3ErrorOptions } from '../errors.js';
import type { Query } from '../query.js';
import {
  canonicalHeaderValue,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  type Spelling,
} from './canonical-request.js';
import { ChunkSigner } from './chunk-signer.js';
import { Memo } from './memo.js';
import { UNSIGNED_PAYLOAD, payloadMode, type PayloadMode } from './payload.js';
import {
  sameSignature,
  scopeText,
  sha256Hex,
  type SigningKey,
  type Scope,
  type SigningKeys,
} from './signing-key.js';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
export const MAX_SKEW = 15 * 60 * 1000;
const MAX_EXPIRES = 604_800;

export interface SignedRequest {
  readonly method: string;
  /** As sent. */
  readonly path: string;
  readonly query: Query;
  readonly headers: RequestHeaders;
}

export interface Verifier {
  readonly accounts: Accounts;
  readonly region: string;
  readonly keys: SigningKeys;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Verified {
  readonly key: AccessKey;
  readonly payload: PayloadMode;
  /** For signed chunks. */
  readonly signer: ChunkSigner | undefined;
}

interface Credential extends Scope {
  readonly keyId: string;
  readonly scope: string;
}

/** What the requests of a client have in common. */
const credentials = { header: new Memo<Credential>(), query: new Memo<Credential>() };
const times = new Memo<RequestTime>();
const lists = new Memo<SignedNames>();

/** @throws S3Error by every rule the header can break */
export function verifyHeader(request: SignedRequest, authorization: string, verifier: Verifier): Verified {
  const { headers } = request;
  const fields = authorizationFields(authorization);
  const credential = credentialOf(fields.credential, verifier.region, 'header');
  const time = requestTime(headers);
  const { stamp } = time;
  if (!stamp.startsWith(credential.date)) {
    throw headerMalformed(
      `Invalid credential date "${credential.date}". This date is not the same as X-Amz-Date: "${stamp.slice(0, 8)}".`,
    );
  }
  const payloadHash = headers.get('x-amz-content-sha256');
  const payload = payloadMode(payloadHash, 'header');
  const key = accessKey(verifier.accounts, credential.keyId);
  checkSkew(time, verifier.now);
  const names = signedNames(fields.signedHeaders, headers, undefined);
  const signingKey = verifier.keys.get(key.secret, credential);
  verify({
    request,
    credential,
    signingKey,
    names,
    signature: fields.signature,
    stamp,
    payloadHash: payloadHash ?? '',
  });
  const chained = payload.kind === 'chunked' && payload.signed;
  const signer = chained ? new ChunkSigner(signingKey, stamp, credential, fields.signature) : undefined;
  return { key, payload, signer };
}

/** @throws S3Error by every rule the query can break */
export function verifyQuery(request: SignedRequest, verifier: Verifier): Verified {
  const { query, headers } = request;
  const parameter = (name: string): string => {
    const value = query.get(name);
    if (value === undefined || value === '') throw new S3Error('AuthorizationQueryParametersError');
    return value;
  };
  if (parameter('X-Amz-Algorithm') !== ALGORITHM) {
    throw queryMalformed(`X-Amz-Algorithm only supports "${ALGORITHM} and AWS4-ECDSA-P256-SHA256"`);
  }
  const signature = parameter('X-Amz-Signature');
  const signedHeaders = parameter('X-Amz-SignedHeaders');
  const stamp = parameter('X-Amz-Date');
  const expires = parameter('X-Amz-Expires');
  const credential = credentialOf(parameter('X-Amz-Credential'), verifier.region, 'query');
  const at = parseAmzDate(stamp);
  if (at === undefined)
    throw queryMalformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (stamp.slice(0, 8) !== credential.date) {
    throw queryMalformed(
      `Invalid credential date "${credential.date}". This date is not the same as X-Amz-Date: "${stamp.slice(0, 8)}".`,
    );
  }
  checkValidity(at, lifetime(expires), verifier.now);
  const key = accessKey(verifier.accounts, credential.keyId);
  const payloadHash =
    headers.get('x-amz-content-sha256') ?? query.get('X-Amz-Content-Sha256') ?? UNSIGNED_PAYLOAD;
  const payload = payloadMode(payloadHash, 'query');
  const unsignedHash = payloadHash === UNSIGNED_PAYLOAD ? 'x-amz-content-sha256' : undefined;
  const names = signedNames(signedHeaders, headers, unsignedHash);
  const signingKey = verifier.keys.get(key.secret, credential);
  verify({
    request,
    credential,
    signingKey,
    names,
    signature,
    stamp,
    payloadHash,
    except: 'X-Amz-Signature',
  });
  return { key, payload, signer: undefined };
}

interface Evidence {
  readonly request: SignedRequest;
  readonly credential: Credential;
  readonly signingKey: SigningKey;
  readonly names: SignedNames;
  readonly signature: string;
  readonly stamp: string;
  readonly payloadHash: string;
  readonly except?: string;
}

/**
 * Two spellings of the same bytes are right: as AWS encodes what it decoded, and as the client sent them; they
 * differ only for clients that leave `(` or `!` as they are.
 */
function verify(evidence: Evidence): void {
  const { request, names, signature } = evidence;
  let headers = '';
  for (const name of names.sorted)
    headers += `${name}:${canonicalHeaderValue(request.headers.get(name) ?? '')}\n`;
  const canonical = canonicalText(evidence, headers, 'canonical');
  const toSign = textToSign(evidence, canonical);
  if (sameSignature(evidence.signingKey.sign(toSign), signature)) return;
  const asSent = canonicalText(evidence, headers, 'as-sent');
  if (
    asSent !== canonical &&
    sameSignature(evidence.signingKey.sign(textToSign(evidence, asSent)), signature)
  ) {
    return;
  }
  throw new S3Error('SignatureDoesNotMatch', {
    extra: {
      AWSAccessKeyId: evidence.credential.keyId,
      StringToSign: toSign,
      SignatureProvided: signature,
      StringToSignBytes: hexBytes(toSign),
      CanonicalRequest: canonical,
      CanonicalRequestBytes: hexBytes(canonical),
    },
  });
}

function canonicalText(
  { request, names, payloadHash, except }: Evidence,
  headers: string,
  spelling: Spelling,
): string {
  return canonicalRequest({
    method: request.method,
    path: spelling === 'canonical' ? canonicalPath(request.path) : request.path,
    query: canonicalQuery(request.query, spelling, except),
    headers,
    signedHeaders: names.joined,
    payloadHash,
  });
}

function textToSign({ stamp, credential }: Evidence, canonical: string): string {
  return `${ALGORITHM}\n${stamp}\n${credential.scope}\n${sha256Hex(canonical)}`;
}

/** `41 57 53 34`: how AWS shows bytes in the error. */
export function hexBytes(text: string): string {
  return Buffer.from(text)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}

interface AuthorizationFields {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

function authorizationFields(authorization: string): AuthorizationFields {
  let credential: string | undefined;
  let signedHeaders: string | undefined;
  let signature: string | undefined;
  let start = ALGORITHM.length;
  while (start < authorization.length) {
    let end = authorization.indexOf(',', start);
    if (end < 0) end = authorization.length;
    while (authorization.charCodeAt(start) === 0x20) start += 1;
    const field = authorization.slice(start, end);
    if (field.startsWith('Credential=')) credential = field.slice(11).trimEnd();
    else if (field.startsWith('SignedHeaders=')) signedHeaders = field.slice(14).trimEnd();
    else if (field.startsWith('Signature=')) signature = field.slice(10).trimEnd();
    start = end + 1;
  }
  if (!credential || !signedHeaders || !signature) {
    throw headerMalformed(
      'the authorization header requires three components: Credential, SignedHeaders, and Signature.',
    );
  }
  return { credential, signedHeaders, signature };
}

/** @param region the right one: clients ask again with it, out of the document or, on HEAD, the header */
type Malformed = (what: string, region?: string) => S3Error;

const rightRegion = (region: string | undefined): S3ErrorOptions =>
  region === undefined ? {} : { extra: { Region: region }, headers: { 'x-amz-bucket-region': region } };

const headerMalformed: Malformed = (what, region) =>
  new S3Error('AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed; ${what}`,
    ...rightRegion(region),
  });

const queryMalformed: Malformed = (what, region) =>
  new S3Error('AuthorizationQueryParametersError', { message: what, ...rightRegion(region) });

function credentialOf(text: string, region: string, where: 'header' | 'query'): Credential {
  const credential = credentials[where].get(text, where === 'header' ? inHeader : inQuery);
  if (credential.region === region) return credential;
  const malformed = where === 'header' ? headerMalformed : queryMalformed;
  throw malformed(`the region '${credential.region}' is wrong; expecting '${region}'`, region);
}

const inHeader = (text: string): Credential => parseCredential(text, headerMalformed);
const inQuery = (text: string): Credential => parseCredential(text, queryMalformed);

/** From the right: nothing says that an access key id has no slash. */
function parseCredential(text: string, malformed: Malformed): Credential {
  const parts = text.split('/');
  const [date = '', region = '', service = '', terminal = ''] = parts.slice(-4);
  const keyId = parts.slice(0, -4).join('/');
  if (keyId === '' || !/^\d{8}$/.test(date)) {
    throw malformed(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    );
  }
  if (terminal !== 'aws4_request') {
    throw malformed(`incorrect terminal "${terminal}". This endpoint uses "aws4_request".`);
  }
  if (service !== 's3') throw malformed(`incorrect service "${service}". This endpoint belongs to "s3".`);
  return { keyId, date, region, scope: scopeText({ date, region }) };
}

/** @throws S3Error InvalidAccessKeyId */
export function accessKey(accounts: Accounts, id: string): AccessKey {
  const key = accounts.key(id);
  if (key === undefined) throw new S3Error('InvalidAccessKeyId', { extra: { AWSAccessKeyId: id } });
  return key;
}

interface RequestTime {
  readonly at: number;
  readonly text: string;
  /** In the form of x-amz-date. */
  readonly stamp: string;
}

/** x-amz-date, else Date; either form is read in both. @throws S3Error AccessDenied */
export function requestTime(headers: RequestHeaders): RequestTime {
  return times.get(headers.get('x-amz-date') ?? headers.get('date') ?? '', parseTime);
}

function parseTime(text: string): RequestTime {
  const at = parseAmzDate(text) ?? parseHttpDate(text);
  if (at === undefined || at < 0) {
    throw new S3Error('AccessDenied', {
      message: 'AWS authentication requires a valid Date or x-amz-date header',
    });
  }
  return { at, text, stamp: amzDate(at) };
}

/** @throws S3Error RequestTimeTooSkewed */
export function checkSkew(time: RequestTime, now: number): void {
  if (Math.abs(now - time.at) <= MAX_SKEW) return;
  throw new S3Error('RequestTimeTooSkewed', {
    extra: { RequestTime: time.text, ServerTime: isoDate(now), MaxAllowedSkewMilliseconds: MAX_SKEW },
  });
}

function lifetime(expires: string): number {
  if (!/^-?\d{1,12}$/.test(expires)) throw queryMalformed('X-Amz-Expires should be a number');
  const seconds = Number(expires);
  if (seconds < 0) throw queryMalformed('X-Amz-Expires must be non-negative');
  if (seconds > MAX_EXPIRES) {
    throw queryMalformed(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  return seconds;
}

function checkValidity(at: number, seconds: number, now: number): void {
  if (at - now > MAX_SKEW) {
    throw new S3Error('AccessDenied', {
      message: 'Request is not yet valid',
      extra: { RequestTime: isoDate(at), ServerTime: isoDate(now) },
    });
  }
  if (now >= at + seconds * 1000) {
    throw new S3Error('AccessDenied', {
      message: 'Request has expired',
      extra: { 'X-Amz-Expires': seconds, Expires: isoDate(at + seconds * 1000), ServerTime: isoDate(now) },
    });
  }
}

interface SignedNames {
  readonly sorted: readonly string[];
  readonly joined: string;
  readonly set: ReadonlySet<string>;
}

function parseNames(list: string): SignedNames {
  const sorted = list.toLowerCase().split(';').sort();
  return { sorted, joined: sorted.join(';'), set: new Set(sorted) };
}

/**
 * The signed headers; `host` and every x-amz-* header of the request must be among them.
 * @throws S3Error AccessDenied
 */
function signedNames(list: string, headers: RequestHeaders, exempt: string | undefined): SignedNames {
  const names = lists.get(list, parseNames);
  let unsigned = names.set.has('host') ? '' : 'host';
  for (const name of headers.names()) {
    if (!name.startsWith('x-amz-') || names.set.has(name) || name === exempt) continue;
    unsigned += unsigned === '' ? name : `, ${name}`;
  }
  if (unsigned === '') return names;
  throw new S3Error('AccessDenied', {
    message: 'There were headers present in the request which were not signed',
    extra: { HeadersNotSigned: unsigned },
  });
}
