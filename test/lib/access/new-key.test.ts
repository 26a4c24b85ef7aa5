import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { checkKeyId, checkSecret } from '../../../lib/access/accounts-document.js';
import { NEW_KEY_BYTES, newAccountId, newKey } from '../../../lib/access/new-key.js';

t.test('every key has the shape AWS gives, and is accepted where keys are', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: NEW_KEY_BYTES, maxLength: NEW_KEY_BYTES }), (random) => {
      const { id, secret } = newKey(random);
      checkKeyId(id);
      checkSecret(secret);
      return /^AKIA[A-Z2-7]{16}$/.test(id) && /^[\w-]{40}$/.test(secret);
    }),
  );
  t.throws(() => newKey(randomBytes(8)), RangeError);
});

t.test('other random bytes make another key and another secret', async (t) => {
  const one = newKey(randomBytes(NEW_KEY_BYTES));
  const two = newKey(randomBytes(NEW_KEY_BYTES));
  t.not(one.id, two.id);
  t.not(one.secret, two.secret);
});

t.test('account ids are 64 hex digits', async (t) => {
  t.match(newAccountId(randomBytes(32)), /^[0-9a-f]{64}$/);
});
