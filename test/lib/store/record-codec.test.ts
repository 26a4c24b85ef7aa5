import fc from 'fast-check';
import t from 'tap';
import { CHECKSUM_ALGORITHMS, type Checksum } from '../../../lib/checksum.js';
import { PLAIN, type Record } from '../../../lib/store/record.js';
import { decodeRecord, encodeRecord } from '../../../lib/store/record-codec.js';

const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((value) => value.isWellFormed());
const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => Buffer.from(value).toString('hex'));
const base64 = (minLength: number) =>
  fc.uint8Array({ minLength, maxLength: 64 }).map((value) => Buffer.from(value).toString('base64'));
const count = fc.integer({ min: 1, max: 10_000 });

const checksum: fc.Arbitrary<Checksum> = fc
  .tuple(fc.constantFrom(...CHECKSUM_ALGORITHMS), fc.option(count), base64(1))
  .map(([algorithm, parts, value]) =>
    parts === null
      ? { algorithm, type: 'FULL_OBJECT', value }
      : { algorithm, type: 'COMPOSITE', value: `${value}-${parts}` },
  );
const system = fc.record(
  {
    contentType: fc.oneof(
      text,
      fc.constantFrom('text/plain', 'image/png', 'application/x-directory; charset=UTF-8'),
    ),
    cacheControl: text,
    contentDisposition: text,
    contentEncoding: text,
    contentLanguage: text,
    expires: text,
    websiteRedirect: text,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const part = fc
  .tuple(count, fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.option(base64(1)))
  .map(([number, size, value]) => (value === null ? { number, size } : { number, size, checksum: value }));

const records: fc.Arbitrary<Record> = fc.record({
  kind: fc.constantFrom('file', 'directory'),
  fingerprint: fc.record({
    size: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  etag: fc
    .tuple(hex(16), fc.option(count))
    .map(([digest, parts]) => (parts === null ? digest : `${digest}-${parts}`)),
  checksums: fc.array(checksum, { maxLength: 3 }),
  system,
  user: fc.dictionary(fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'a')), text, {
    maxKeys: 5,
    noNullPrototype: true,
  }),
  tags: fc.array(fc.record({ key: text, value: text }, { noNullPrototype: true }), { maxLength: 10 }),
  storageClass: fc.constantFrom('STANDARD', 'GLACIER', 'STANDARD_IA'),
  parts: fc.option(fc.array(part, { maxLength: 20 }), { nil: undefined }),
});

t.test('a record is read as it was written', async (t) => {
  fc.assert(
    fc.property(records, (made) => {
      const record = structuredClone(made);
      const decoded = decodeRecord(encodeRecord(record));
      t.strictSame(decoded?.record.user && Object.entries(decoded.record.user), Object.entries(record.user));
      t.strictSame({ ...decoded?.record, user: {} }, { ...record, user: {} });
      t.equal(decoded?.rest, undefined);
    }),
    { numRuns: 300 },
  );
  t.pass();
});

t.test('an implicit directory is two bytes', async (t) => {
  const [record] = fc.sample(records, 1);
  if (record === undefined) return t.fail();
  const bytes = encodeRecord({ ...record, kind: 'implicit' });
  t.equal(bytes.length, 2);
  t.match(decodeRecord(bytes), { record: { kind: 'implicit' }, rest: undefined });
});

const COMMON: Record = {
  ...PLAIN,
  kind: 'file',
  fingerprint: { size: 123_456_789, mtimeNs: 1_790_000_000_123_456_789n },
  etag: '0123456789abcdef0123456789abcdef',
  checksums: [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: Buffer.alloc(8, 7).toString('base64') }],
  parts: undefined,
};

t.test('a common record fits beside the inode: at most 60 bytes', async (t) => {
  t.ok(encodeRecord(COMMON).length <= 50, 'what AWS SDKs send');
  t.ok(encodeRecord({ ...COMMON, system: { contentType: 'application/octet-stream' } }).length <= 60);
  t.ok(encodeRecord({ ...COMMON, etag: `${COMMON.etag}-10000` }).length <= 60);
});

t.test('the part that stays on the inode names its sidecar and can serve the object', async (t) => {
  const rest = 'fedcba98'.repeat(4);
  const bytes = encodeRecord({ ...COMMON, user: { a: 'x'.repeat(10_000) } }, rest);
  t.ok(bytes.length < 70);
  const decoded = decodeRecord(bytes);
  t.equal(decoded?.rest, rest);
  t.match(decoded?.record, { fingerprint: COMMON.fingerprint, etag: COMMON.etag, user: {} });
});

t.test('ten thousand parts are read again', async (t) => {
  const parts = Array.from({ length: 10_000 }, (_, at) => ({ number: at + 1, size: 5_000_000 + at }));
  const decoded = decodeRecord(encodeRecord({ ...COMMON, parts }));
  t.strictSame(decoded?.record.parts, parts);
});

t.test('whatever bytes anybody writes there, reading them answers', async (t) => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.concat([Buffer.from([1, 0]), bytes])),
    fc.tuple(records, fc.nat(), fc.nat({ max: 255 })).map(([record, at, byte]) => {
      const bytes = encodeRecord(record);
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
    fc.tuple(records, fc.nat()).map(([record, end]) => {
      const bytes = encodeRecord(record);
      return bytes.subarray(0, end % bytes.length);
    }),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      const decoded = decodeRecord(bytes);
      if (decoded === undefined) return;
      const { record } = decoded;
      if (!/^([0-9a-f]{32}(-\d+)?)?$/.test(record.etag)) throw new Error(`an etag of ${record.etag}`);
      if (!Number.isSafeInteger(record.fingerprint.size))
        throw new Error(`a size of ${record.fingerprint.size}`);
      JSON.stringify({ ...record, fingerprint: null });
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

t.test('a later version’s records are none, a later version’s fields are skipped', async (t) => {
  t.equal(decodeRecord(Buffer.from([2, 0])), undefined);
  t.equal(decodeRecord(Buffer.from([1, 9])), undefined);
  t.equal(decodeRecord(Buffer.from([])), undefined);
  const bytes = Buffer.concat([encodeRecord(COMMON), Buffer.from([99, 3, 1, 2, 3])]);
  t.match(decodeRecord(bytes)?.record, { etag: COMMON.etag });
});
