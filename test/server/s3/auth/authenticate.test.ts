import t from 'tap';
import { RequestHeaders } from '../../../../server/http/request-headers.js';
import { authenticate } from '../../../../server/s3/auth/authenticate.js';
import { presign, signHeaders } from '../../../../server/s3/auth/sign.js';
import { SigningKeys } from '../../../../server/s3/auth/signing-key.js';
import { parseTarget } from '../../../../server/s3/target.js';
import { ACCOUNTS, KEY, ROOT, credentialsOf } from '../door.js';

const now = Date.UTC(2026, 0, 31, 12);
const host = 'localhost';
const base = {
  method: 'GET',
  host,
  path: '/bucket/key',
  credentials: credentialsOf(KEY),
  region: 'us-east-1',
  time: now,
};

function ask(target: string, headers: Readonly<Record<string, string>>, signatureV2 = false) {
  const { path, query } = parseTarget(target, host, []);
  const asked = {
    method: 'GET',
    path,
    query,
    headers: new RequestHeaders({ headers, rawHeaders: Object.entries(headers).flat() }),
    virtualBucket: undefined,
  };
  return authenticate(
    asked,
    { accounts: ACCOUNTS, region: 'us-east-1', keys: new SigningKeys(), signatureV2 },
    now,
  );
}

t.test('by header, by query, or nobody', async (t) => {
  const signed = signHeaders(base);
  t.match(ask(signed.target, signed.headers), {
    identity: { kind: 'account', account: ROOT },
    accessKeyId: KEY.id,
    presigned: false,
  });
  t.match(ask(presign({ ...base, expires: 60 }), { host }), {
    identity: { kind: 'account' },
    presigned: true,
  });
  t.match(ask('/bucket/key', { host }), { identity: { kind: 'anonymous' }, accessKeyId: undefined });
  t.match(ask('/bucket/key', { host, authorization: '' }), { identity: { kind: 'anonymous' } });
});

t.test('two mechanisms are one too many', async (t) => {
  t.throws(() => ask(presign({ ...base, expires: 60 }), signHeaders(base).headers), {
    code: 'InvalidArgument',
    message: /^Only one auth mechanism allowed/,
  });
  t.throws(() => ask('/bucket/key?AWSAccessKeyId=a&Signature=b&Expires=1', signHeaders(base).headers), {
    code: 'InvalidArgument',
  });
});

t.test('mechanisms that are not there', async (t) => {
  t.throws(() => ask('/', { host, authorization: 'AWS4-ECDSA-P256-SHA256 Credential=x' }), {
    code: 'NotImplemented',
  });
  t.throws(() => ask('/?X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256', { host }), { code: 'NotImplemented' });
  t.throws(() => ask('/', { host, authorization: 'Bearer x' }), { code: 'InvalidArgument' });
  t.throws(() => ask('/', { host, authorization: 'nonsense' }), { code: 'InvalidArgument' });
});

t.test('version 2 has its switch', async (t) => {
  t.throws(() => ask('/', { host, authorization: 'AWS a:b' }), {
    code: 'InvalidRequest',
    message: /AWS4-HMAC-SHA256/,
  });
  t.throws(() => ask('/?AWSAccessKeyId=a&Signature=b&Expires=1', { host }), { code: 'InvalidRequest' });
  t.throws(() => ask('/', { host, authorization: 'AWS a:b', date: new Date(now).toUTCString() }, true), {
    code: 'InvalidAccessKeyId',
  });
  t.throws(() => ask('/?AWSAccessKeyId=a&Signature=b&Expires=1', { host }, true), { code: 'AccessDenied' });
});

t.test('session tokens are nothing anybody has', async (t) => {
  t.throws(() => ask('/', signHeaders({ ...base, headers: { 'x-amz-security-token': 't' } }).headers), {
    code: 'InvalidToken',
  });
  t.throws(() => ask(presign({ ...base, expires: 60, query: { 'X-Amz-Security-Token': 't' } }), { host }), {
    code: 'InvalidToken',
  });
});

t.test('nobody may neither override response headers nor sign chunks', async (t) => {
  t.throws(() => ask('/bucket/key?response-content-type=text/html', { host }), { code: 'InvalidRequest' });
  t.throws(() => ask('/bucket/key', { host, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }), {
    code: 'InvalidRequest',
  });
});
