/**
 * Who asks: exactly one mechanism out of header and query, version 4 or 2, or nobody.
 * docs.aws.amazon.com/AmazonS3/latest/API/s3_rest-api-authentication.html
 */
import type { Accounts, Identity } from '../../../lib/access/account.js';
import { S3Error, invalidArgument, notImplemented } from '../errors.js';
import type { ChunkSigner } from './chunk-signer.js';
import { payloadMode, type PayloadMode } from './payload.js';
import { verifyHeaderV2, verifyQueryV2, type SignedRequestV2 } from './signature-v2.js';
import { ALGORITHM, verifyHeader, verifyQuery, type Verified } from './signature-v4.js';
import type { SigningKeys } from './signing-key.js';

export interface AuthenticateOptions {
  readonly accounts: Accounts;
  readonly region: string;
  readonly keys: SigningKeys;
  readonly signatureV2: boolean;
}

export interface Authentication {
  readonly identity: Identity;
  /** undefined: anonymous. */
  readonly accessKeyId: string | undefined;
  readonly payload: PayloadMode;
  readonly signer: ChunkSigner | undefined;
  /** By the query: there, x-amz-* parameters stand for headers. */
  readonly presigned: boolean;
}

const ANONYMOUS: Identity = { kind: 'anonymous' };
const V4A = 'AWS4-ECDSA-P256-SHA256';

/** @throws S3Error for whatever is wrong with the credentials; nobody at all is a valid answer */
export function authenticate(
  request: SignedRequestV2,
  options: AuthenticateOptions,
  now: number,
): Authentication {
  const { headers, query } = request;
  const authorization = headers.get('authorization');
  const byQuery = query.pairs.length > 0 ? queryMechanism(request) : undefined;
  if (authorization !== undefined && authorization !== '') {
    if (byQuery !== undefined) {
      throw invalidArgument(
        'Authorization',
        authorization,
        'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
      );
    }
    return byHeader(request, authorization, options, now);
  }
  if (byQuery === undefined) return anonymous(request);
  refuseToken(query.get('X-Amz-Security-Token'));
  if (byQuery === 'v2') {
    requireV2(options);
    const key = verifyQueryV2(request, { ...options, now });
    const payload = payloadMode(headers.get('x-amz-content-sha256'), 'other');
    return known({ key, payload, signer: undefined }, true);
  }
  if (query.get('X-Amz-Algorithm') === V4A) throw notImplemented(V4A);
  return known(verifyQuery(request, { ...options, now }), true);
}

function queryMechanism({ query }: SignedRequestV2): 'v4' | 'v2' | undefined {
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature') || query.has('X-Amz-Credential'))
    return 'v4';
  return query.has('AWSAccessKeyId') && query.has('Signature') ? 'v2' : undefined;
}

function byHeader(
  request: SignedRequestV2,
  authorization: string,
  options: AuthenticateOptions,
  now: number,
): Authentication {
  const { headers } = request;
  refuseToken(headers.get('x-amz-security-token'));
  const space = authorization.indexOf(' ');
  const scheme = space < 0 ? authorization : authorization.slice(0, space);
  if (scheme === ALGORITHM) {
    const { accounts, region, keys } = options;
    return known(verifyHeader(request, authorization, { accounts, region, keys, now }), false);
  }
  if (scheme === V4A) throw notImplemented(V4A);
  if (scheme === 'AWS') {
    requireV2(options);
    const key = verifyHeaderV2(request, authorization, { ...options, now });
    const payload = payloadMode(headers.get('x-amz-content-sha256'), 'other');
    return known({ key, payload, signer: undefined }, false);
  }
  throw invalidArgument('Authorization', authorization, 'Unsupported Authorization Type');
}

function known({ key, payload, signer }: Verified, presigned: boolean): Authentication {
  return {
    identity: { kind: 'account', account: key.account },
    accessKeyId: key.id,
    payload,
    signer,
    presigned,
  };
}

function anonymous({ headers, query }: SignedRequestV2): Authentication {
  if (query.pairs.some(({ name }) => name.startsWith('response-'))) {
    throw new S3Error('InvalidRequest', {
      message: 'Request specific response headers cannot be used for anonymous GET requests.',
    });
  }
  return {
    identity: ANONYMOUS,
    accessKeyId: undefined,
    payload: payloadMode(headers.get('x-amz-content-sha256'), 'other'),
    signer: undefined,
    presigned: false,
  };
}

/** Nobody here was ever given a session token. */
function refuseToken(token: string | undefined): void {
  if (token !== undefined) throw new S3Error('InvalidToken');
}

function requireV2({ signatureV2 }: AuthenticateOptions): void {
  if (signatureV2) return;
  throw new S3Error('InvalidRequest', {
    message: `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
  });
}
