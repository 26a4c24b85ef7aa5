import fc from 'fast-check';
import t from 'tap';
import { RequestHeaders } from '../../../../server/http/request-headers.js';
import { presign, signHeaders, type Unsigned } from '../../../../server/s3/auth/sign.js';
import { verifyHeader, verifyQuery, type SignedRequest } from '../../../../server/s3/auth/signature-v4.js';
import { SigningKeys } from '../../../../server/s3/auth/signing-key.js';
import { parseTarget } from '../../../../server/s3/target.js';
import { ACCOUNTS, KEY, credentialsOf } from '../door.js';

const now = Date.UTC(2026, 0, 31, 12);
const verifier = { accounts: ACCOUNTS, region: 'us-east-1', keys: new SigningKeys(), now };
const host = 'localhost:9000';
const base: Unsigned = {
  method: 'GET',
  host,
  path: '/bucket/key',
  credentials: credentialsOf(KEY),
  region: 'us-east-1',
  time: now,
};

function asRequest(method: string, target: string, headers: Readonly<Record<string, string>>): SignedRequest {
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [
    name,
    Buffer.from(value).toString('latin1'),
  ]);
  const asNode = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value).toString('latin1')]),
  );
  const { path, query } = parseTarget(target, host, []);
  return { method, path, query, headers: new RequestHeaders({ headers: asNode, rawHeaders }) };
}

function byHeader(
  request: Unsigned,
  change: (headers: Record<string, string>) => void = () => {},
  target?: string,
) {
  const signed = signHeaders(request);
  const headers = { ...signed.headers };
  change(headers);
  return verifyHeader(
    asRequest(request.method, target ?? signed.target, headers),
    headers['authorization'] ?? '',
    verifier,
  );
}

t.test('whatever key, query and metadata: what sign made is verified', async (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  // The whitespace of header values is HTTP's, and NUL is in no target.
  const value = text.map((one) => one.replace(/[\p{Cc}\p{Z}]/gu, '')).filter((one) => one !== '');
  fc.assert(
    fc.property(
      text,
      fc.dictionary(
        text.filter((name) => name !== ''),
        text,
      ),
      value,
      (key, query, meta) => {
        fc.pre(!key.includes('\0') && !Object.keys(query).some((name) => /^x-amz-/i.test(name)));
        const request = { ...base, path: `/bucket/${key}`, query, headers: { 'x-amz-meta-a': meta } };
        t.equal(byHeader(request).key, KEY);
      },
    ),
  );
});

t.test('a client that leaves ( or ! unencoded signs what it sends', async (t) => {
  const plain = { ...base, path: '/bucket/a(b)!' };
  t.equal(byHeader(plain, undefined, '/bucket/a(b)!').key, KEY, 'sent raw, signed canonically');
});

t.test('a changed method, key, query, header, date or secret does not verify', async (t) => {
  const mismatch = { code: 'SignatureDoesNotMatch' };
  const request = { ...base, query: { versionId: '1' }, headers: { 'x-amz-meta-a': 'b' } };
  t.throws(() => byHeader(request, undefined, '/bucket/other?versionId=1'), mismatch);
  t.throws(() => byHeader(request, undefined, '/bucket/key?versionId=2'), mismatch);
  t.throws(() => byHeader(request, (headers) => (headers['x-amz-meta-a'] = 'c')), mismatch);
  t.throws(
    () => byHeader(request, (headers) => (headers['x-amz-content-sha256'] = 'a'.repeat(64))),
    mismatch,
  );
  t.throws(() => byHeader(request, (headers) => (headers['host'] = 'elsewhere')), mismatch);
  t.throws(() => byHeader({ ...request, credentials: { accessKeyId: KEY.id, secret: 'wrong' } }), mismatch);
  const signed = signHeaders(request);
  t.throws(
    () =>
      verifyHeader(
        asRequest('DELETE', signed.target, signed.headers),
        signed.headers['authorization'] ?? '',
        verifier,
      ),
    mismatch,
  );
});

t.test('the error shows what was signed here', async (t) => {
  try {
    byHeader({ ...base, credentials: { accessKeyId: KEY.id, secret: 'wrong' } });
    t.fail('verified');
  } catch (error) {
    const { extra } = error as { extra: Record<string, string> };
    t.equal(extra['AWSAccessKeyId'], KEY.id);
    t.match(
      extra['StringToSign'],
      /^AWS4-HMAC-SHA256\n20260131T120000Z\n20260131\/us-east-1\/s3\/aws4_request\n[0-9a-f]{64}$/,
    );
    t.match(extra['StringToSignBytes'], /^41 57 53 34 2d/);
    t.match(extra['CanonicalRequest'], /^GET\n\/bucket\/key\n\nhost:localhost:9000\n/);
  }
});

t.test('everything that must be signed is', async (t) => {
  const denied = { code: 'AccessDenied' };
  t.throws(() => byHeader(base, (headers) => (headers['x-amz-acl'] = 'public-read')), {
    ...denied,
    extra: { HeadersNotSigned: 'x-amz-acl' },
  });
  t.throws(
    () =>
      byHeader(
        base,
        (headers) =>
          (headers['authorization'] = headers['authorization']!.replace(
            'SignedHeaders=host;',
            'SignedHeaders=',
          )),
      ),
    { ...denied, extra: { HeadersNotSigned: 'host' } },
  );
});

t.test('credentials for elsewhere are malformed, and say what is expected', async (t) => {
  const malformed = 'AuthorizationHeaderMalformed';
  t.throws(() => byHeader({ ...base, region: 'eu-west-1' }), {
    code: malformed,
    message: "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'",
    extra: { Region: 'us-east-1' },
  });
  const edit = (from: RegExp | string, to: string) => () =>
    byHeader(base, (headers) => (headers['authorization'] = headers['authorization']!.replace(from, to)));
  t.throws(edit('/s3/', '/ec2/'), { code: malformed, message: /service "ec2"/ });
  t.throws(edit('aws4_request', 'aws5'), { code: malformed });
  t.throws(edit(/Credential=[^,]*/, 'Credential=x'), { code: malformed });
  t.throws(edit(/, Signature=.*/, ''), { code: malformed, message: /three components/ });
  t.throws(edit('/20260131/', '/20260130/'), { code: malformed, message: /20260130.*20260131/ });
});

t.test('unknown keys, wrong clocks', async (t) => {
  t.throws(() => byHeader({ ...base, credentials: { accessKeyId: 'AKIANOBODY', secret: 'x' } }), {
    code: 'InvalidAccessKeyId',
    extra: { AWSAccessKeyId: 'AKIANOBODY' },
  });
  t.equal(byHeader({ ...base, time: now - 15 * 60_000 }).key, KEY);
  for (const skew of [-16, 16]) {
    t.throws(() => byHeader({ ...base, time: now + skew * 60_000 }), {
      code: 'RequestTimeTooSkewed',
      extra: { ServerTime: '2026-01-31T12:00:00.000Z', MaxAllowedSkewMilliseconds: 900_000 },
    });
  }
  t.throws(() => byHeader(base, (headers) => delete headers['x-amz-date']), { code: 'AccessDenied' });
  t.throws(() => byHeader(base, (headers) => (headers['x-amz-date'] = 'Bad Date')), { code: 'AccessDenied' });
});

t.test('an IAM-style key id with a slash is a key id', async (t) => {
  t.throws(() => byHeader({ ...base, credentials: { accessKeyId: 'a/b', secret: 'x' } }), {
    code: 'InvalidAccessKeyId',
    extra: { AWSAccessKeyId: 'a/b' },
  });
});

const presigned = (
  change: Partial<Unsigned & { expires: number }> = {},
  at = now,
  edit = (target: string) => target,
  headers = {},
) => {
  const target = edit(presign({ ...base, expires: 60, ...change }));
  return verifyQuery(asRequest('GET', target, { host, ...headers }), { ...verifier, now: at });
};

t.test('a presigned URL works until it expires, and not before its time', async (t) => {
  t.equal(presigned().key, KEY);
  t.equal(presigned({}, now + 59_999).key, KEY);
  t.equal(presigned({}, now - 14 * 60_000).key, KEY);
  t.throws(() => presigned({}, now + 60_000), { code: 'AccessDenied', message: 'Request has expired' });
  t.throws(() => presigned({}, now - 16 * 60_000), {
    code: 'AccessDenied',
    message: 'Request is not yet valid',
  });
  t.throws(() => presigned({ expires: 0 }), { code: 'AccessDenied', message: 'Request has expired' });
});

t.test('a presigned URL lives a week at most', async (t) => {
  const malformed = { code: 'AuthorizationQueryParametersError' };
  t.equal(presigned({ expires: 604_800 }).key, KEY);
  t.throws(() => presigned({ expires: 604_801 }), { ...malformed, message: /less than a week/ });
  t.throws(() => presigned({ expires: -1 }), { ...malformed, message: /non-negative/ });
  t.throws(() => presigned({ expires: Number.NaN }), { ...malformed, message: /a number/ });
});

t.test('a presigned URL with something missing, changed or unsigned', async (t) => {
  for (const name of ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature']) {
    t.throws(
      () => presigned({}, now, (target) => target.replace(new RegExp(`X-Amz-${name}=[^&]*`), '')),
      {
        code: 'AuthorizationQueryParametersError',
      },
      name,
    );
  }
  t.throws(() => presigned({}, now, (target) => `${target}&versionId=1`), { code: 'SignatureDoesNotMatch' });
  t.throws(() => presigned({}, now, undefined, { 'x-amz-acl': 'public-read' }), { code: 'AccessDenied' });
  t.equal(presigned({}, now, undefined, { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }).key, KEY);
  t.throws(() => presigned({ region: 'x' }), { code: 'AuthorizationQueryParametersError' });
});

t.test('signed chunks get the chain that begins with this signature', async (t) => {
  const request = { ...base, method: 'PUT', payloadHash: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' };
  t.ok(byHeader(request).signer);
  t.equal(byHeader(base).signer, undefined);
});
