import fc from 'fast-check';
import t from 'tap';
import { orderDomains, parseTarget } from '../../../server/s3/target.js';

const at = (raw: string, host = 'localhost:9000', domains: readonly string[] = []) =>
  parseTarget(raw, host, orderDomains(domains));

t.test('service, bucket and object by the path', async (t) => {
  t.match(at('/'), { resource: 'service', bucket: '', key: '' });
  t.match(at('/?x-id=ListBuckets'), { resource: 'service' });
  t.match(at('/b'), { resource: 'bucket', bucket: 'b', key: '' });
  t.match(at('/b/'), { resource: 'bucket', bucket: 'b', key: '', path: '/b/' });
  t.match(at('/b/k'), { resource: 'object', bucket: 'b', key: 'k' });
  t.match(at('/b?acl'), { resource: 'bucket', bucket: 'b' });
});

t.test('nothing in a key is normalised', async (t) => {
  for (const key of ['/', '//', 'a//b', './a', '../a', 'a/..', '..', '.', 'a/', 'a/./b', ' a ', 'a+b']) {
    t.equal(at(`/b/${key.replaceAll(' ', '%20')}`).key, key, key);
  }
  t.equal(at('/b/a%2Fb').key, 'a/b');
  t.equal(at('/b/%252F').key, '%2F');
  t.equal(at('/b/a%3Fb?c').key, 'a?b');
});

t.test('every key survives being encoded', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (key) => {
      fc.pre(!key.includes('\0'));
      const encoded = key.split('/').map(encodeURIComponent).join('/');
      t.equal(at(`/b/${encoded}`).key, key);
    }),
  );
});

t.test('UTF-8 sent as it is counts, other bytes do not', async (t) => {
  t.equal(at(`/b/${Buffer.from('ü').toString('latin1')}`).key, 'ü');
  t.throws(() => at('/b/\u00fc'), { code: 'InvalidURI' });
});

t.test('what is no target is refused', async (t) => {
  const refused = [
    '',
    '*',
    'b/k',
    '/b/%',
    '/b/%zz',
    '/b/%ff',
    '/b/%c3%28',
    '/b/%00',
    '//k',
    '/b/a b',
    '/b/a#b',
    '/%',
    'ftp://h/b/k',
  ];
  for (const raw of refused) t.throws(() => at(raw), { code: 'InvalidURI' }, raw);
});

t.test('a virtual host names the bucket', async (t) => {
  const domains = ['Example.org', 's3.example.org'];
  t.match(at('/k', 'b.s3.example.org:9000', domains), { bucket: 'b', key: 'k', virtual: true });
  t.match(at('/', 'b.s3.example.org', domains), { resource: 'bucket', bucket: 'b' });
  t.match(at('//k', 'b.s3.example.org', domains), { resource: 'object', key: '/k' });
  t.match(at('/', 'my.dotted.bucket.s3.example.org', domains), { bucket: 'my.dotted.bucket' });
  t.match(at('/b/k', 's3.example.org', domains), { bucket: 'b', key: 'k', virtual: false });
  t.match(at('/', 'S3.EXAMPLE.ORG.', domains), { resource: 'service' });
  t.match(at('/b/k', 'elsewhere.net', domains), { bucket: 'b', key: 'k' });
  t.match(at('/b/k', 'nots3.example.net', domains), { bucket: 'b' });
});

t.test('an absolute target overrides the Host header', async (t) => {
  t.match(at('http://b.example.org/k?acl', 'other', ['example.org']), { bucket: 'b', key: 'k', path: '/k' });
  t.match(at('http://example.org', 'other', ['example.org']), { resource: 'service', path: '/' });
});
