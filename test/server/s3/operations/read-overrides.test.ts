import t from 'tap';
import { addOverrides } from '../../../../server/s3/operations/read-overrides.js';
import { asked } from './asked.js';

t.test('a signed request may choose six headers', async (t) => {
  const headers = { 'Content-Type': 'text/plain' };
  addOverrides(
    headers,
    asked({}, { 'response-content-type': 'foo/bar', 'response-expires': '123', 'response-x': 'no' }),
  );
  t.same(headers, { 'Content-Type': 'foo/bar', Expires: '123' });
});

t.test('an anonymous one may not', async (t) => {
  const request = {
    ...asked({}, { 'response-cache-control': 'x' }),
    identity: { kind: 'anonymous' } as const,
  };
  t.throws(() => addOverrides({}, request), { code: 'InvalidRequest' });
});
