import fc from 'fast-check';
import t from 'tap';
import {
  isBucketName,
  MAX_KEY_BYTES,
  parseBucketName,
  parseObjectKey,
  parseUploadId,
} from '../../lib/names.js';

t.test('bucket names as AWS has them', async (t) => {
  for (const name of ['abc', 'my.bucket-1', '0ab', 'a'.repeat(63), 'a-b', 'photos2026']) {
    t.ok(isBucketName(name), name);
    t.equal(parseBucketName(name), name);
  }
  const illegal = [
    '',
    'ab',
    'a'.repeat(64),
    'Abc',
    'a_b',
    'a..b',
    '-ab',
    'ab-',
    '.ab',
    'ab.',
    'a b',
    'a/b',
    'abc\n',
    'été',
    '192.168.0.1',
    'xn--abc',
    'sthree-abc',
    'amzn-s3-demo-abc',
    'abc-s3alias',
    'abc--ol-s3',
    'abc.mrap',
    'abc--x-s3',
    'abc--table-s3',
    '.bucketree',
    '..',
  ];
  for (const name of illegal) {
    t.notOk(isBucketName(name), JSON.stringify(name));
    t.throws(() => parseBucketName(name), { code: 'InvalidBucketName' });
  }
});

t.test('any text of 1 to 1024 bytes is a key, as it is', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (text) => {
      if (!text.isWellFormed() || Buffer.byteLength(text) > MAX_KEY_BYTES) return;
      if (parseObjectKey(text) !== text) throw new Error('changed');
    }),
  );
  for (const text of ['/', 'a//b', '..', '../x', '.', ' ', '\0', 'é'.repeat(512)])
    t.equal(parseObjectKey(text), text);
  t.throws(() => parseObjectKey(''), { code: 'InvalidKey' });
  t.throws(() => parseObjectKey('a\ud800'), { code: 'InvalidKey' });
  t.throws(() => parseObjectKey('a'.repeat(1025)), {
    code: 'KeyTooLong',
    detail: { size: 1025, maximum: 1024 },
  });
  t.throws(() => parseObjectKey(`${'é'.repeat(512)}a`), { code: 'KeyTooLong' });
});

t.test('an upload id nobody could have been given names no upload', async (t) => {
  t.equal(parseUploadId('0123456789abcdef'.repeat(2)), '0123456789abcdef'.repeat(2));
  for (const id of [
    '',
    '..',
    '0'.repeat(31),
    '0'.repeat(33),
    'G'.repeat(32),
    'A'.repeat(32),
    `${'0'.repeat(32)}\n`,
  ]) {
    t.throws(() => parseUploadId(id), { code: 'NoSuchUpload' });
  }
});
