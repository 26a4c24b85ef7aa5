import { createHash } from 'node:crypto';
import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../lib/checksum.js';
import {
  allowsChecksumType,
  compositeChecksum,
  defaultChecksumType,
  multipartEtag,
} from '../../../lib/hash/composite.js';

t.test('the entity tag of an upload is the MD5 of its parts’ MD5s and their number', async (t) => {
  const parts = ['first', 'second', 'third'].map((text) => createHash('md5').update(text).digest());
  const expected = createHash('md5').update(Buffer.concat(parts)).digest('hex');
  t.equal(multipartEtag(parts.map((md5) => md5.toString('hex'))), `${expected}-3`);
  t.match(multipartEtag(['d41d8cd98f00b204e9800998ecf8427e']), /^59adb24ef3cdbe0297f05b395827453f-1$/);
});

t.test('a composite checksum is the digest of the parts’ digests and their number', async (t) => {
  const parts = ['first', 'second'].map((text) => createHash('sha256').update(text).digest());
  const expected = createHash('sha256').update(Buffer.concat(parts)).digest('base64');
  t.equal(compositeChecksum('SHA256', parts), `${expected}-2`);
  // CRC32("123456789") over a part digest that happens to be those nine bytes.
  t.equal(compositeChecksum('CRC32', [Buffer.from('12345'), Buffer.from('6789')]), 'y/Q5Jg==-2');
});

t.test('each algorithm may be combined as S3 allows, by default composite but for CRC64NVME', async (t) => {
  const both = ['CRC32', 'CRC32C'];
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const fullOnly = algorithm === 'CRC64NVME';
    t.equal(allowsChecksumType(algorithm, 'FULL_OBJECT'), fullOnly || both.includes(algorithm), algorithm);
    t.equal(allowsChecksumType(algorithm, 'COMPOSITE'), !fullOnly, algorithm);
    t.equal(defaultChecksumType(algorithm), fullOnly ? 'FULL_OBJECT' : 'COMPOSITE', algorithm);
  }
});
