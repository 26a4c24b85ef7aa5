import fc from 'fast-check';
import t from 'tap';
import { parseBucketMapping, suggestBucketName } from '../../cli/bucket-mapping.js';
import { isBucketName } from '../../lib/names.js';

t.test('a mapping is a bucket name and a directory, relative to where it was written', async (t) => {
  t.same(parseBucketMapping('pictures=Pictures', '/home/ann'), {
    name: 'pictures',
    directory: '/home/ann/Pictures',
  });
  t.same(parseBucketMapping('a.b=/x=y', '/'), { name: 'a.b', directory: '/x=y' }, 'the first = divides');
});

t.test('a name alone is a bucket of the store', async (t) => {
  t.same(parseBucketMapping('pictures', '/home/ann'), { name: 'pictures', directory: undefined });
});

t.test('what is no mapping is refused, with a name that would do', async (t) => {
  for (const text of ['', 'no', '=dir', 'pictures=']) {
    t.throws(() => parseBucketMapping(text, '/'), /NAME=DIR/, text);
  }
  t.throws(() => parseBucketMapping('My Pictures=/p', '/'), /my-pictures=\/p/);
});

t.test('a bucket name is suggested for any directory', async (t) => {
  t.equal(suggestBucketName('/srv/Camera Roll'), 'camera-roll');
  t.equal(suggestBucketName('/srv/Ärger & Co.'), 'arger-co');
  t.equal(suggestBucketName('/x'), 'x-bucket');
  t.equal(suggestBucketName('/'), 'bucket');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => isBucketName(suggestBucketName(`/srv/${name}`))),
  );
});
