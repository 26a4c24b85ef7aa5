import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../lib/checksum.js';
import { algorithmsOf, BodyDigests, digestBody, resultOf } from '../../../lib/hash/body-digests.js';
import { digestOf } from '../../../lib/hash/digest.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';

await prepareHashes();

t.test('what was asked for is there, however the body was cut, and nothing else', async () => {
  const spec = fc.record({
    md5: fc.boolean(),
    sha256: fc.boolean(),
    algorithms: fc.subarray([...CHECKSUM_ALGORITHMS]),
  });
  fc.assert(
    fc.property(spec, fc.array(fc.uint8Array()), (asked, blocks) => {
      const digests = new BodyDigests(asked);
      for (const block of blocks) digests.update(block);
      const result = digests.finish();
      const body = Buffer.concat(blocks);
      const hex = (name: string): string => createHash(name).update(body).digest('hex');
      return (
        result.md5 === (asked.md5 ? hex('md5') : undefined) &&
        result.sha256 === (asked.sha256 ? hex('sha256') : undefined) &&
        result.checksums.size === asked.algorithms.length &&
        asked.algorithms.every(
          (algorithm) => result.checksums.get(algorithm) === digestOf(algorithm, body).toString('base64'),
        )
      );
    }),
    { numRuns: 200 },
  );
});

t.test('a body at once has the digests it has in pieces', async (t) => {
  const spec = { md5: true, sha256: true, algorithms: CHECKSUM_ALGORITHMS };
  const pieces = new BodyDigests(spec);
  for (const piece of ['1234', '', '56789']) pieces.update(Buffer.from(piece));
  t.strictSame(digestBody(spec, Buffer.from('123456789')), pieces.finish());
});

t.test('a digest needed twice is computed once', async (t) => {
  t.same(algorithmsOf({ md5: true, sha256: true, algorithms: ['MD5', 'SHA256', 'CRC32', 'CRC32'] }), [
    'CRC32',
    'SHA256',
    'MD5',
  ]);
  t.same(algorithmsOf({ md5: false, sha256: false, algorithms: [] }), []);
});

t.test('a result has the MD5 in hex as entity tag and in base64 as checksum', async (t) => {
  const md5 = createHash('md5').digest();
  const result = resultOf({ md5: true, sha256: false, algorithms: ['MD5'] }, new Map([['MD5', md5]]));
  t.equal(result.md5, 'd41d8cd98f00b204e9800998ecf8427e');
  t.equal(result.sha256, undefined);
  t.same([...result.checksums], [['MD5', '1B2M2Y8AsgTpgAmY7PhCfg==']]);
});
