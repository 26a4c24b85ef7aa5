import t from 'tap';
import { payloadMode } from '../../../../server/s3/auth/payload.js';

const sha256 = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855';

t.test('each value of x-amz-content-sha256', async (t) => {
  t.same(payloadMode(sha256, 'header'), { kind: 'plain', sha256: sha256.toLowerCase() });
  t.same(payloadMode('UNSIGNED-PAYLOAD', 'header'), { kind: 'plain', sha256: undefined });
  t.same(payloadMode('STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'other'), {
    kind: 'chunked',
    signed: false,
    trailer: true,
  });
  t.same(payloadMode('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'header'), {
    kind: 'chunked',
    signed: true,
    trailer: false,
  });
  t.same(payloadMode('STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 'header'), {
    kind: 'chunked',
    signed: true,
    trailer: true,
  });
});

t.test('with an Authorization header it must be there, elsewhere it may', async (t) => {
  t.throws(() => payloadMode(undefined, 'header'), {
    code: 'InvalidRequest',
    message: /x-amz-content-sha256/,
  });
  t.same(payloadMode(undefined, 'query'), { kind: 'plain', sha256: undefined });
  t.same(payloadMode(undefined, 'other'), { kind: 'plain', sha256: undefined });
});

t.test('signed chunks need a signature to chain to', async (t) => {
  for (const mechanism of ['query', 'other'] as const) {
    t.throws(() => payloadMode('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', mechanism), { code: 'InvalidRequest' });
  }
});

t.test('other values are refused by name', async (t) => {
  t.throws(() => payloadMode('STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD', 'header'), {
    code: 'NotImplemented',
  });
  for (const value of ['', 'abc', `${sha256}0`]) {
    t.throws(() => payloadMode(value, 'header'), {
      code: 'InvalidArgument',
      extra: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: value },
    });
  }
});
