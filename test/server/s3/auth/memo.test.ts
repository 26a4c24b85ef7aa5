import t from 'tap';
import { Memo } from '../../../../server/s3/auth/memo.js';

t.test('the same question is answered once', async (t) => {
  let made = 0;
  const memo = new Memo<object>();
  const make = (): object => ({ made: (made += 1) });
  t.equal(memo.get('a', make), memo.get('a', make));
  memo.get('b', make);
  t.equal(made, 2);
});

t.test('what is thrown is not kept', async (t) => {
  const memo = new Memo<number>();
  t.throws(() =>
    memo.get('a', () => {
      throw new Error('no');
    }),
  );
  t.equal(
    memo.get('a', () => 1),
    1,
  );
});

t.test('it stays small, whatever strangers ask', async (t) => {
  let made = 0;
  const memo = new Memo<number>();
  const make = (): number => (made += 1);
  memo.get('x'.repeat(5000), make);
  memo.get('x'.repeat(5000), make);
  t.equal(made, 2, 'long texts are not kept');
  memo.get('first', make);
  for (let at = 0; at < 1000; at++) memo.get(String(at), make);
  const before = made;
  memo.get('first', make);
  t.equal(made, before + 1, 'old ones go');
});
