import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../lib/checksum.js';
import { digestBody } from '../../lib/hash/body-digests.js';
import { prepareHashes } from '../../lib/hash/wasm.js';

t.test('there are ten algorithms, in the order that records on disk count them by', (t) => {
  t.strictSame(
    [...CHECKSUM_ALGORITHMS],
    ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256', 'SHA512', 'MD5', 'XXHASH64', 'XXHASH3', 'XXHASH128'],
  );
  t.end();
});

t.test('each of them can be computed, at its length', async (t) => {
  await prepareHashes();
  const spec = { md5: false, sha256: false, algorithms: CHECKSUM_ALGORITHMS };
  const { checksums } = digestBody(spec, Buffer.from('hello'));
  t.strictSame(
    [...checksums].map(([algorithm, value]) => [algorithm, Buffer.from(value, 'base64').length]),
    [
      ['CRC32', 4],
      ['CRC32C', 4],
      ['CRC64NVME', 8],
      ['SHA1', 20],
      ['SHA256', 32],
      ['SHA512', 64],
      ['MD5', 16],
      ['XXHASH64', 8],
      ['XXHASH3', 8],
      ['XXHASH128', 16],
    ],
  );
});
