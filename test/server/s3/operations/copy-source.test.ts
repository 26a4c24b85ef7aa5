import t from 'tap';
import * as fc from 'fast-check';
import { parseCopySource } from '../../../../server/s3/operations/copy-source.js';

const parse = (value: string) => parseCopySource('x-amz-copy-source', value);

t.test('bucket and key, with a slash before them or without', async (t) => {
  t.same(parse('bucket/a/b'), { bucket: 'bucket', key: 'a/b' });
  t.same(parse('/bucket/a/b'), { bucket: 'bucket', key: 'a/b' });
  t.same(parse('bucket//a'), { bucket: 'bucket', key: '/a' });
  t.same(parse('bucket%2Fa%2Fb'), { bucket: 'bucket', key: 'a/b' });
});

t.test('a plus is a space, an encoded plus is a plus', async (t) => {
  t.equal(parse('bucket/a+b%2Bc%20d').key, 'a b+c d');
});

t.test('a key may look like a version id when it is encoded', async (t) => {
  t.equal(parse('bucket/%3FversionId').key, '?versionId');
  t.equal(parse('bucket/%3FversionId%3Dx').key, '?versionId=x');
});

t.test('the version of an object without versions is null', async (t) => {
  t.equal(parse('bucket/a?versionId=null').key, 'a');
  t.throws(() => parse(`bucket/a?versionId=${'x'.repeat(32)}`), { code: 'NoSuchVersion' });
  t.throws(() => parse('bucket/a?versionId=none'), { code: 'InvalidArgument' });
});

t.test('anything else is an invalid argument', async (t) => {
  for (const value of ['', '/', 'bucket', 'bucket/', '/bucket/', 'B_d/key', 'bucket/%zz', 'bucket/%ff']) {
    t.throws(() => parse(value), { code: 'InvalidArgument' }, value);
  }
  t.throws(() => parse(`bucket/${'k'.repeat(1025)}`), { code: 'KeyTooLong' });
});

t.test('every key comes through its encoding', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), (key) => {
      fc.pre(key.isWellFormed());
      return parse(`bucket/${encodeURIComponent(key)}`).key === key;
    }),
  );
});
