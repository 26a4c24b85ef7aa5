import t from 'tap';
import * as fc from 'fast-check';
import { makeToken, readToken } from '../../../../server/s3/operations/list-token.js';

t.test('a token gives back the key it was made of', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      fc.pre(key.isWellFormed());
      return readToken(makeToken(key)) === key;
    }),
  );
});

t.test('anything else is refused', async (t) => {
  const token = makeToken('photos/cat.jpg');
  for (const text of ['x', 'photos/cat.jpg', `${token}A`, token.slice(1), `${token}=`, ' ']) {
    t.throws(() => readToken(text), { code: 'InvalidArgument' }, text);
  }
});
