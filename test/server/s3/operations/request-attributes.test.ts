import t from 'tap';
import { contentEncoding, requestAttributes } from '../../../../server/s3/operations/request-attributes.js';
import { asked } from './asked.js';

t.test('system metadata is kept byte for byte, and only what was sent', async (t) => {
  t.same(requestAttributes(asked()), { system: {}, user: {}, tags: [], storageClass: 'STANDARD' });
  const { system } = requestAttributes(
    asked({
      'content-type': 'text/X; q="a"',
      'cache-control': 'no-cache ,x',
      'content-disposition': 'attachment; filename=ü',
      'content-language': 'de',
      'content-encoding': 'gzip',
      expires: 'never',
      'x-amz-website-redirect-location': '/other',
    }),
  );
  t.same(system, {
    contentType: 'text/X; q="a"',
    cacheControl: 'no-cache ,x',
    contentDisposition: 'attachment; filename=ü',
    contentLanguage: 'de',
    contentEncoding: 'gzip',
    expires: 'never',
    websiteRedirect: '/other',
  });
});

t.test('aws-chunked is no encoding of the object', async (t) => {
  t.equal(contentEncoding('deflate, gzip'), 'deflate, gzip');
  t.equal(contentEncoding('gzip, aws-chunked'), 'gzip');
  t.equal(contentEncoding('aws-chunked, gzip'), 'gzip');
  t.equal(contentEncoding('aws-chunked,aws-chunked'), '');
  t.same(requestAttributes(asked({ 'content-encoding': 'aws-chunked' })).system, {});
});

t.test('user metadata has its names without the prefix, whatever they are', async (t) => {
  const { user } = requestAttributes(
    asked({ 'x-amz-meta-a': 'ü', 'x-amz-meta-b': '', 'x-amz-meta-__proto__': 'x', 'x-amz-meta-': 'nobody' }),
  );
  t.same(Object.entries(user), [
    ['a', 'ü'],
    ['b', ''],
    ['__proto__', 'x'],
  ]);
});

t.test('user metadata has room for 2048 bytes of names and values', async (t) => {
  t.doesNotThrow(() => requestAttributes(asked({ 'x-amz-meta-n': 'v'.repeat(2047) })));
  t.throws(() => requestAttributes(asked({ 'x-amz-meta-n': 'v'.repeat(2048) })), {
    code: 'MetadataTooLarge',
    extra: { Size: 2049 },
  });
  t.throws(() => requestAttributes(asked({ 'x-amz-meta-n': 'ü'.repeat(1024) })), {
    code: 'MetadataTooLarge',
  });
});

t.test('a redirect leads somewhere', async (t) => {
  t.throws(() => requestAttributes(asked({ 'x-amz-website-redirect-location': 'ftp://x' })), {
    code: 'InvalidRedirectLocation',
  });
});
