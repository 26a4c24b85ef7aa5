import t from 'tap';
import { createRequestIds } from '../../../server/s3/request-id.js';

t.test('ids look like those of AWS and never repeat', async (t) => {
  const next = createRequestIds([0x1234abcd, 0xfffffffe]);
  t.equal(next(), '1234ABCDFFFFFFFF');
  t.equal(next(), '1234ABCD00000000');
  const many = new Set(Array.from({ length: 10_000 }, next));
  t.equal(many.size, 10_000);
});
