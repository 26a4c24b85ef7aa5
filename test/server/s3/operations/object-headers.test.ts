import t from 'tap';
import { objectHeaders } from '../../../../server/s3/operations/object-headers.js';
import { info } from './info.js';

t.test('what every object says of itself', async (t) => {
  t.same(objectHeaders(info()), {
    'Last-Modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    ETag: '"0123456789abcdef0123456789abcdef"',
    'Accept-Ranges': 'bytes',
    'Content-Type': 'text/plain',
  });
});

t.test('what was stored with it comes along', async (t) => {
  t.match(
    objectHeaders(
      info({
        system: {
          cacheControl: 'c',
          contentDisposition: 'd',
          contentEncoding: 'e',
          contentLanguage: 'l',
          expires: 'x',
          websiteRedirect: '/',
        },
        user: { a: 'ü' },
        tags: [{ key: 'k', value: 'v' }],
        storageClass: 'GLACIER',
      }),
    ),
    {
      'Cache-Control': 'c',
      'Content-Disposition': 'd',
      'Content-Encoding': 'e',
      'Content-Language': 'l',
      Expires: 'x',
      'x-amz-website-redirect-location': '/',
      'x-amz-meta-a': 'ü',
      'x-amz-tagging-count': 1,
      'x-amz-storage-class': 'GLACIER',
    },
  );
});

t.test('metadata no header can name is counted', async (t) => {
  const headers = objectHeaders(info({ user: { 'a b': '1', ü: '2', ok: '3' } }));
  t.equal(headers['x-amz-missing-meta'], 2);
  t.equal(headers['x-amz-meta-ok'], '3');
});
