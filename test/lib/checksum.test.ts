import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../lib/checksum.js';

t.test('the ten algorithms keep their places: records name them by position', async (t) => {
  t.same(CHECKSUM_ALGORITHMS, [
    'CRC32',
    'CRC32C',
    'CRC64NVME',
    'SHA1',
    'SHA256',
    'SHA512',
    'MD5',
    'XXHASH64',
    'XXHASH3',
    'XXHASH128',
  ]);
});
