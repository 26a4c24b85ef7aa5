import t from 'tap';
import { Query } from '../../../server/s3/query.js';

t.test('pairs are decoded once, in their order', async (t) => {
  const query = new Query('prefix=a%2Fb&delimiter=%252F&uploads&x=&prefix=c&y=1=2');
  t.equal(query.get('prefix'), 'a/b');
  t.equal(query.get('delimiter'), '%2F');
  t.equal(query.get('uploads'), '');
  t.equal(query.get('x'), '');
  t.equal(query.get('y'), '1=2');
  t.equal(query.get('z'), undefined);
  t.ok(query.has('uploads'));
  t.same(query.pairs.map(({ rawName, rawValue }) => [rawName, rawValue])[2], ['uploads', undefined]);
});

t.test('a plus is a space, as S3 has it', async (t) => {
  t.equal(new Query('prefix=a+b%2Bc').get('prefix'), 'a b+c');
});

t.test('empty pairs are nothing', async (t) => {
  t.equal(new Query('&&a=1&').pairs.length, 1);
  t.equal(Query.EMPTY.pairs.length, 0);
});

t.test('malformed encoding and bytes that are not UTF-8 are refused', async (t) => {
  for (const raw of ['a=%', 'a=%zz', '%ff=1', 'a=%c3', 'a=%ed%a0%80']) {
    t.throws(() => new Query(raw), { code: 'InvalidURI' }, raw);
  }
});
