import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../../lib/checksum.js';
import {
  askedAlgorithm,
  askedType,
  checksumElements,
  checksumHeader,
  checksumHeaders,
  statedChecksum,
  statedObjectChecksum,
  typesOf,
} from '../../../../server/s3/operations/checksum-headers.js';
import { asked } from './asked.js';

t.test('each of the ten algorithms has its header', async (t) => {
  t.equal(checksumHeader('CRC64NVME'), 'x-amz-checksum-crc64nvme');
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const stated = statedChecksum(asked({ [checksumHeader(algorithm)]: 'AAAA' }));
    t.same(stated, { algorithm, value: 'AAAA' });
  }
});

t.test('a checksum announced as a trailer has its value later', async (t) => {
  t.same(statedChecksum(asked({}, {}, ['x-amz-checksum-sha256'])), {
    algorithm: 'SHA256',
    value: undefined,
  });
  t.equal(statedChecksum(asked({}, {}, ['x-amz-meta-other'])), undefined);
});

t.test('what a presigned query says of checksums is not read', async (t) => {
  t.equal(statedChecksum(asked({}, { 'x-amz-checksum-crc32': 'AAAAAA==' })), undefined);
});

t.test('two checksums are refused, by header or by trailer', async (t) => {
  const two = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-sha1': 'AAAA' };
  t.throws(() => statedChecksum(asked(two)), { code: 'InvalidRequest' });
  t.throws(() => statedChecksum(asked({ 'x-amz-checksum-crc32': 'A' }, {}, ['x-amz-checksum-sha1'])), {
    code: 'InvalidRequest',
  });
});

t.test('an algorithm that is named must be the one that is sent', async (t) => {
  const named = { 'x-amz-sdk-checksum-algorithm': 'CRC32' };
  t.throws(() => statedChecksum(asked(named)), { code: 'InvalidRequest' });
  t.throws(() => statedChecksum(asked({ ...named, 'x-amz-checksum-sha1': 'AAAA' })), {
    code: 'InvalidRequest',
  });
  t.match(statedChecksum(asked({ ...named, 'x-amz-checksum-crc32': 'AAAAAA==' })), { algorithm: 'CRC32' });
});

t.test("the whole object's checksum is read without regard to the SDK's own", async (t) => {
  t.equal(statedObjectChecksum(asked({ 'x-amz-sdk-checksum-algorithm': 'CRC32' })), undefined);
  t.same(statedObjectChecksum(asked({ 'x-amz-checksum-crc32c': ' AAAA ' })), {
    algorithm: 'CRC32C',
    value: 'AAAA',
  });
});

t.test('algorithms and types nobody knows are refused', async (t) => {
  t.equal(askedAlgorithm(asked()), undefined);
  t.equal(askedAlgorithm(asked({ 'x-amz-checksum-algorithm': 'xxhash3' })), 'XXHASH3');
  t.throws(() => askedAlgorithm(asked({ 'x-amz-checksum-algorithm': 'CRC16' })), { code: 'InvalidRequest' });
  t.equal(askedType(asked()), undefined);
  t.equal(askedType(asked({ 'x-amz-checksum-type': 'composite' })), 'COMPOSITE');
  t.throws(() => askedType(asked({ 'x-amz-checksum-type': 'HALF' })), { code: 'InvalidArgument' });
});

t.test('only CRCs can be of the full object when they come from parts', async (t) => {
  t.same(typesOf('CRC64NVME'), ['FULL_OBJECT']);
  t.same(typesOf('CRC32'), ['COMPOSITE', 'FULL_OBJECT']);
  t.same(typesOf('SHA256'), ['COMPOSITE']);
  t.same(typesOf('XXHASH128'), ['COMPOSITE']);
});

t.test('checksums are printed as headers and as elements', async (t) => {
  const checksums = [{ algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'AA+A' }] as const;
  t.same(checksumHeaders(checksums), {
    'x-amz-checksum-crc32': 'AA+A',
    'x-amz-checksum-type': 'FULL_OBJECT',
  });
  t.equal(
    checksumElements(checksums),
    '<ChecksumCRC32>AA+A</ChecksumCRC32><ChecksumType>FULL_OBJECT</ChecksumType>',
  );
  t.equal(checksumElements([]), '');
});
