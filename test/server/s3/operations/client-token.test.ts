import t from 'tap';
import { RecentTokens } from '../../../../server/s3/operations/client-token.js';

t.test('a token is known for an hour, with what it was used for', async (t) => {
  const tokens = new RecentTokens();
  t.equal(tokens.isRepeat('token', 'a to b', 0), false);
  tokens.remember('token', 'a to b', 0);
  t.equal(tokens.isRepeat('token', 'a to b', 1000), true);
  t.throws(() => tokens.isRepeat('token', 'a to c', 1000), { code: 'IdempotencyParameterMismatch' });
  t.equal(tokens.isRepeat('token', 'a to c', 3_600_001), false);
});

t.test('a token has 1 to 64 visible characters', async (t) => {
  const tokens = new RecentTokens();
  for (const token of ['', 'a b', 'ü', 'x'.repeat(65)]) {
    t.throws(() => tokens.isRepeat(token, '', 0), { code: 'InvalidArgument' }, token);
  }
});

t.test('only the newest are kept', async (t) => {
  const tokens = new RecentTokens();
  for (let at = 0; at <= 10_000; at++) tokens.remember(`t${at}`, 'x', 0);
  t.equal(tokens.isRepeat('t0', 'x', 0), false);
  t.equal(tokens.isRepeat('t1', 'x', 0), true);
});
