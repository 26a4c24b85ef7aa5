import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from '../../../lib/checksum.js';
import { createDigest, digestOf } from '../../../lib/hash/digest.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';

await prepareHashes();

/** Check values of "123456789" as published with each algorithm. */
const CHECK: Readonly<Record<ChecksumAlgorithm, string>> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  SHA512:
    'd9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85',
  MD5: '25f9e794323b453885f5181f1b624d0b',
  XXHASH64: '8cb841db40e6ae83',
  XXHASH3: '72dcb18b67a17dff',
  XXHASH128: '33119477ede5dcd5e9716427681d5860',
};

for (const algorithm of CHECKSUM_ALGORITHMS) {
  t.test(`${algorithm} has the published check value`, async (t) => {
    const bytes = Buffer.from('123456789');
    t.equal(digestOf(algorithm, bytes).toString('hex'), CHECK[algorithm]);
    const digest = createDigest(algorithm);
    digest.update(bytes);
    t.equal(digest.digest().toString('hex'), CHECK[algorithm]);
  });

  t.test(`${algorithm} is the same whether the bytes come at once or in pieces`, async () => {
    const piece = fc.uint8Array({ maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        const digest = createDigest(algorithm);
        for (const one of pieces) digest.update(one);
        return digest.digest().equals(digestOf(algorithm, Buffer.concat(pieces)));
      }),
      { numRuns: 50 },
    );
  });

  t.test(`${algorithm} does not change by an empty chunk, wherever that lies`, async (t) => {
    const digest = createDigest(algorithm);
    const nothing = [
      new Uint8Array(0),
      new Uint8Array(new SharedArrayBuffer(0)),
      Buffer.from('abc').subarray(3),
    ];
    for (const empty of nothing) digest.update(empty);
    digest.update(Buffer.from('123456789'));
    for (const empty of nothing) digest.update(empty);
    t.equal(digest.digest().toString('hex'), CHECK[algorithm]);
  });

  t.test(`${algorithm} reads shared memory`, async (t) => {
    const shared = new Uint8Array(new SharedArrayBuffer(5000)).fill(7);
    const digest = createDigest(algorithm);
    digest.update(shared);
    const expected = digestOf(algorithm, Buffer.alloc(5000, 7)).toString('hex');
    t.equal(digest.digest().toString('hex'), expected);
    t.equal(digestOf(algorithm, shared).toString('hex'), expected);
  });
}

t.test('a digest of nothing is that of the empty content', async (t) => {
  t.equal(createDigest('MD5').digest().toString('hex'), createHash('md5').digest('hex'));
  t.equal(createDigest('CRC32').digest().toString('hex'), '00000000');
  t.equal(createDigest('CRC64NVME').digest().toString('hex'), '0000000000000000');
  t.equal(createDigest('XXHASH64').digest().toString('hex'), 'ef46db3751d8e999');
  t.equal(createDigest('XXHASH3').digest().toString('hex'), '2d06800538d394c2');
  t.equal(createDigest('XXHASH128').digest().toString('hex'), '99aa06d3014798d86001c324468d497f');
});
