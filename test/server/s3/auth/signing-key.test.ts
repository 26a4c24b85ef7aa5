import { createHmac } from 'node:crypto';
import t from 'tap';
import {
  EMPTY_SHA256,
  SigningKey,
  SigningKeys,
  sameSignature,
  scopeText,
  sha256Hex,
} from '../../../../server/s3/auth/signing-key.js';

const scope = { date: '20130524', region: 'us-east-1' };
const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

t.test('the signing key of the AWS documentation', async (t) => {
  const key = new SigningKeys().get(secret, scope);
  const text =
    'AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972';
  t.equal(key.sign(text), 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41');
  t.equal(scopeText(scope), '20130524/us-east-1/s3/aws4_request');
});

t.test('a key is kept, and a bounded number of them', async (t) => {
  const keys = new SigningKeys();
  const first = keys.get(secret, scope);
  t.equal(keys.get(secret, scope), first);
  t.not(keys.get('another secret', scope), first);
  for (let at = 0; at < 300; at++) keys.get(`secret ${at}`, scope);
  t.not(keys.get(secret, scope), first, 'the oldest went');
});

t.test('signing is HMAC-SHA256 whatever the text', async (t) => {
  const bytes = Buffer.alloc(32, 7);
  const key = new SigningKey(bytes);
  for (const text of [
    '',
    'a',
    'ü☃',
    'x'.repeat(341),
    'x'.repeat(342),
    '☃'.repeat(341),
    'long'.repeat(5000),
  ]) {
    t.equal(key.sign(text), createHmac('sha256', bytes).update(text).digest('hex'));
  }
});

t.test('signatures are the same or not', async (t) => {
  t.ok(sameSignature('abc', 'abc'));
  t.notOk(sameSignature('abc', 'abd'));
  t.notOk(sameSignature('abc', 'abcd'));
  t.notOk(sameSignature('abc', ''));
  t.equal(sha256Hex(''), EMPTY_SHA256);
});
