import fc from 'fast-check';
import t from 'tap';
import { combineCrc, type CrcAlgorithm } from '../../../lib/hash/combine.js';
import { digestOf } from '../../../lib/hash/digest.js';

const ALGORITHMS: readonly CrcAlgorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME'];
const TERABYTE = 2 ** 40;

for (const algorithm of ALGORITHMS) {
  t.test(`${algorithm} of two pieces is that of the whole`, async () => {
    const piece = fc.uint8Array({ maxLength: 2000, size: 'max' });
    fc.assert(
      fc.property(piece, piece, (first, second) =>
        combineCrc(algorithm, digestOf(algorithm, first), digestOf(algorithm, second), second.length).equals(
          digestOf(algorithm, Buffer.concat([first, second])),
        ),
      ),
    );
  });

  t.test(`${algorithm} of many parts can be put together from the left or from the right`, async () => {
    const crc = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => digestOf(algorithm, bytes));
    const length = fc.integer({ min: 0, max: 50 * TERABYTE });
    fc.assert(
      fc.property(crc, crc, length, crc, length, (a, b, lengthOfB, c, lengthOfC) => {
        const fromLeft = combineCrc(algorithm, combineCrc(algorithm, a, b, lengthOfB), c, lengthOfC);
        const right = combineCrc(algorithm, b, c, lengthOfC);
        return fromLeft.equals(combineCrc(algorithm, a, right, lengthOfB + lengthOfC));
      }),
    );
  });

  t.test(`${algorithm} of a large content is reached by doubling`, async (t) => {
    const block = Buffer.alloc(1 << 20, 'bucketree');
    let doubled = digestOf(algorithm, block);
    for (let length = block.length; length < 8 * block.length; length *= 2) {
      doubled = combineCrc(algorithm, doubled, doubled, length);
    }
    const whole = Buffer.concat(Array.from({ length: 8 }, () => block));
    t.equal(doubled.toString('hex'), digestOf(algorithm, whole).toString('hex'));
  });

  t.test(`${algorithm} with an empty piece on either side is the other's`, async (t) => {
    const crc = digestOf(algorithm, Buffer.from('content'));
    const empty = digestOf(algorithm, Buffer.alloc(0));
    t.equal(combineCrc(algorithm, crc, empty, 0).toString('hex'), crc.toString('hex'));
    t.equal(combineCrc(algorithm, empty, crc, 7).toString('hex'), crc.toString('hex'));
  });
}
