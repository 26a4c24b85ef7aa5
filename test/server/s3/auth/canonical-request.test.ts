import fc from 'fast-check';
import t from 'tap';
import { Query } from '../../../../server/s3/query.js';
import {
  canonicalHeaderValue,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  encodePath,
  uriEncode,
} from '../../../../server/s3/auth/canonical-request.js';

t.test('everything but unreserved characters is encoded, in upper case', async (t) => {
  t.equal(uriEncode("a-b_c.d~e!*'()/ ü"), 'a-b_c.d~e%21%2A%27%28%29%2F%20%C3%BC');
  t.equal(encodePath('/b/a b/(c)'), '/b/a%20b/%28c%29');
});

t.test('a path is never normalised', async (t) => {
  t.equal(canonicalPath('/b//../.%2F/a%2fb'), '/b//../.%2F/a%2Fb');
});

t.test('however a client encodes a path, its canonical form is the same', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const path = `/${text}`;
      const everything = path.replace(/[^/]+/gu, (part) =>
        [...Buffer.from(part)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
      );
      t.equal(canonicalPath(everything), encodePath(path));
      t.equal(canonicalPath(encodePath(path)), encodePath(path));
    }),
  );
});

t.test('a query is sorted by name, then value, and every pair has its =', async (t) => {
  t.equal(canonicalQuery(new Query('b=2&a&a-b=1&a=1&B=x'), 'canonical'), 'B=x&a=&a=1&a-b=1&b=2');
  t.equal(canonicalQuery(new Query('prefix=a+b&marker=(x)'), 'canonical'), 'marker=%28x%29&prefix=a%20b');
  t.equal(canonicalQuery(new Query('prefix=a+b&marker=(x)'), 'as-sent'), 'marker=(x)&prefix=a+b');
  t.equal(canonicalQuery(new Query('uploads'), 'canonical'), 'uploads=');
  t.equal(canonicalQuery(new Query('X-Amz-Signature=s&a=1'), 'canonical', 'X-Amz-Signature'), 'a=1');
  t.equal(canonicalQuery(new Query('X-Amz-Signature=s'), 'canonical', 'X-Amz-Signature'), '');
  t.equal(canonicalQuery(Query.EMPTY, 'canonical'), '');
});

t.test('the order of pairs does not matter', async (t) => {
  const pairs = fc.array(
    fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
  );
  fc.assert(
    fc.property(pairs, (list) => {
      const text = (some: readonly (readonly [string, string])[]): string =>
        some.map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`).join('&');
      t.equal(
        canonicalQuery(new Query(text(list)), 'canonical'),
        canonicalQuery(new Query(text([...list].reverse())), 'canonical'),
      );
    }),
  );
});

t.test('header values lose what surrounds them and runs of spaces', async (t) => {
  t.equal(canonicalHeaderValue('  a   b  c '), 'a b c');
});

t.test('the canonical request of the AWS documentation', async (t) => {
  const text = canonicalRequest({
    method: 'GET',
    path: '/test.txt',
    query: '',
    headers: 'host:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n',
    signedHeaders: 'host;range',
    payloadHash: 'e3b0',
  });
  t.equal(text, 'GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n\nhost;range\ne3b0');
});
