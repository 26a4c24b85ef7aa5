import fc from 'fast-check';
import t from 'tap';
import { StoreError } from '../../../lib/errors.js';
import { createWasmDigest, prepareHashes, wasmDigestOf, type WasmAlgorithm } from '../../../lib/hash/wasm.js';

const ALGORITHMS: readonly WasmAlgorithm[] = ['XXHASH64', 'XXHASH3', 'XXHASH128'];

t.test('a digest before prepareHashes() is refused', async (t) => {
  t.throws(() => createWasmDigest('XXHASH3'), new StoreError('Internal', ''), 'StoreError');
  await prepareHashes();
  await prepareHashes();
  t.ok(createWasmDigest('XXHASH3'));
});

/** The buffer of xxHash's own sanity test: top bytes of a sequence of 64-bit products. */
function sanityBuffer(length: number): Buffer {
  let product = 2654435761n;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      const byte = Number(product >> 56n);
      product = BigInt.asUintN(64, product * 11400714785074694797n);
      return byte;
    }),
  );
}

/** From xxHash's sanity test vectors, seed 0; the lengths are where its method changes. */
const VECTORS: readonly (readonly [WasmAlgorithm, number, string])[] = [
  ['XXHASH64', 1, 'e934a84adb052768'],
  ['XXHASH64', 14, '8282dcc4994e35c8'],
  ['XXHASH64', 222, 'b641ae8cb691c174'],
  ['XXHASH3', 1, 'c44bdff4074eecdb'],
  ['XXHASH3', 6, '27b56a84cd2d7325'],
  ['XXHASH3', 12, 'a713daf0dfbb77e7'],
  ['XXHASH3', 24, 'a3fe70bf9d3510eb'],
  ['XXHASH3', 48, '397da259ecba1f11'],
  ['XXHASH3', 80, 'bcdefbbb2c47c90a'],
  ['XXHASH3', 195, 'cd94217ee362ec3a'],
  ['XXHASH3', 403, 'cdeb804d65c6dea4'],
  ['XXHASH3', 512, '617e49599013cb6b'],
  ['XXHASH3', 2048, 'dd59e2c3a5f038e0'],
  ['XXHASH128', 1, 'a6cd5e9392000f6ac44bdff4074eecdb'],
  ['XXHASH128', 403, '1b6de21e332dd73dcdeb804d65c6dea4'],
  ['XXHASH128', 2048, 'f736557fd47073a5dd59e2c3a5f038e0'],
];

for (const [algorithm, length, expected] of VECTORS) {
  t.test(`${algorithm} of ${length} bytes is xxHash's own`, async (t) => {
    t.equal(wasmDigestOf(algorithm, sanityBuffer(length)).toString('hex'), expected);
  });
}

for (const algorithm of ALGORITHMS) {
  t.test(`${algorithm} streams take turns without disturbing one another`, async () => {
    const turn = fc.tuple(fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 700, size: 'max' }));
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 20, size: 'max' }), (turns) => {
        const streams = [0, 1, 2, 3].map(() => ({
          digest: createWasmDigest(algorithm),
          bytes: Buffer.alloc(0),
        }));
        for (const [index, bytes] of turns) {
          const stream = streams[index];
          if (stream === undefined) continue;
          stream.digest.update(bytes);
          stream.bytes = Buffer.concat([stream.bytes, bytes]);
          wasmDigestOf(algorithm, bytes);
        }
        // The last is abandoned: the others must not mind.
        return streams
          .slice(0, 3)
          .every(({ digest, bytes }) => digest.digest().equals(wasmDigestOf(algorithm, bytes)));
      }),
      { numRuns: 100 },
    );
  });
}
