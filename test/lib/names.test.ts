import fc from 'fast-check';
import t from 'tap';
import {
  isBucketName,
  MAX_KEY_BYTES,
  parseBucketName,
  parseObjectKey,
  parseUploadId,
} from '../../lib/names.js';

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789');
/** Mostly legal characters, so that the rules about their places decide. */
const nearly = fc.string({
  unit: fc.constantFrom(...'ab09.-', 'A', '_', '\n', 'é'),
  minLength: 0,
  maxLength: 70,
});

t.test('names that AWS accepts are bucket names', (t) => {
  const longest = 'a'.repeat(63);
  for (const name of ['abc', '0a0', 'my.bucket-1', 'a--b', '1.2.3', '1.2.3.4.5', 'a.b.c.d', longest]) {
    t.equal(parseBucketName(name), name);
  }
  t.end();
});

t.test('names that AWS refuses are not, and the error names the one asked for', (t) => {
  for (const name of [
    '',
    'ab',
    'a'.repeat(64),
    'Abc',
    'a_b',
    'a b',
    'abc\n',
    'äbc',
    'a/b',
    '...',
    '.bucketree',
    '-ab',
    'ab-',
    '.ab',
    'ab.',
    'a..b',
    'a.-b',
    'a-.b',
    '192.168.5.4',
    'xn--abc',
    'sthree-abc',
    'amzn-s3-demo-abc',
    'abc-s3alias',
    'abc--ol-s3',
    'abc.mrap',
    'abc--x-s3',
    'abc--table-s3',
  ]) {
    t.notOk(isBucketName(name), JSON.stringify(name));
    t.throws(() => parseBucketName(name), { code: 'InvalidBucketName', detail: { bucket: name } });
  }
  t.end();
});

t.test('3 to 63 letters and digits are a bucket name in any order', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: letter, minLength: 3, maxLength: 63 }), (name) => isBucketName(name)),
  );
  t.end();
});

t.test('whatever is accepted is a host name and one step of a path', (t) => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string()), (name) => {
      if (!isBucketName(name)) return;
      for (const label of name.split('.')) if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label)) throw label;
      if (name.length < 3 || name.length > 63) throw new Error('length');
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('1 to 1024 bytes of well-formed Unicode are a key, as they are', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 1100 }), (key) => {
      if (Buffer.byteLength(key) <= MAX_KEY_BYTES) return parseObjectKey(key) === key;
      try {
        parseObjectKey(key);
      } catch (error) {
        return (error as { code: string }).code === 'KeyTooLong';
      }
      return false;
    }),
  );
  for (const key of ['a', 'a/', 'a//b', '..', '../x', '/', '\0', '.bucketree/x', '\uFFFF', '😀']) {
    t.equal(parseObjectKey(key), key);
  }
  t.end();
});

t.test('the limit counts bytes, not characters', (t) => {
  t.equal(parseObjectKey('é'.repeat(512)).length, 512);
  const detail = { size: 1026, maximum: 1024 };
  t.throws(() => parseObjectKey('é'.repeat(513)), { code: 'KeyTooLong', detail });
  t.throws(() => parseObjectKey('a'.repeat(1025)), { code: 'KeyTooLong' });
  t.end();
});

t.test('no key is empty, and none has half a surrogate pair', (t) => {
  for (const key of ['', '\uD800', 'a\uDC00', '\uDE00\uD83D', 'x'.repeat(2000) + '\uD800']) {
    t.throws(() => parseObjectKey(key), { code: 'InvalidKey' });
  }
  t.end();
});

t.test('an upload id is 32 lower-case hex digits; anything else names no upload', (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
      (id) => parseUploadId(id) === id,
    ),
  );
  const id = '0123456789abcdef0123456789abcdef';
  for (const other of ['', '..', id.slice(1), `${id}0`, id.toUpperCase(), `${id}\n`, `../${id.slice(3)}`]) {
    t.throws(() => parseUploadId(other), { code: 'NoSuchUpload', detail: { uploadId: other } });
  }
  t.end();
});
