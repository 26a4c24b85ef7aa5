import fc from 'fast-check';
import t from 'tap';
import { CRC32C, CRC64NVME, type Crc } from '../../../lib/hash/crc.js';

/** The definition, byte by byte: what the quick way has to agree with. */
function slowCrc(bits: number, polynomial: bigint, bytes: Uint8Array): string {
  const table = Array.from({ length: 256 }, (_, byte) => {
    let register = BigInt(byte);
    for (let bit = 0; bit < 8; bit++)
      register = register & 1n ? (register >> 1n) ^ polynomial : register >> 1n;
    return register;
  });
  const ones = (1n << BigInt(bits)) - 1n;
  let register = ones;
  for (const byte of bytes)
    register = (register >> 8n) ^ (table[Number((register ^ BigInt(byte)) & 0xffn)] ?? 0n);
  return (register ^ ones).toString(16).padStart(bits / 4, '0');
}

function noise(length: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1664525) + 1013904223) | 0) >>> 24);
}

function crcOf(crc: Crc, pieces: readonly Uint8Array[]): string {
  return crc
    .value(pieces.reduce((register, piece) => crc.update(register, piece), crc.initial))
    .toString('hex');
}

const CRCS = [
  { name: 'CRC32C', crc: CRC32C, bits: 32, polynomial: 0x82f63b78n, check: 'e3069283', empty: '00000000' },
  {
    name: 'CRC64NVME',
    crc: CRC64NVME,
    bits: 64,
    polynomial: 0x9a6c9329ac4bc9b5n,
    check: 'ae8b14860a799888',
    empty: '0000000000000000',
  },
] as const;

for (const { name, crc, bits, polynomial, check, empty } of CRCS) {
  t.test(`${name} has the published check value`, async (t) => {
    t.equal(crcOf(crc, [Buffer.from('123456789')]), check);
    t.equal(crcOf(crc, []), empty);
  });

  t.test(`${name} agrees with its definition at every length where the method changes`, async (t) => {
    const around = [0, 8, 64, 499, 563, 998, 1017, 1081, 2034, 4096, 131072, 262144];
    const bytes = noise(300_000, 7);
    for (const length of around.flatMap((middle) => [middle - 1, middle, middle + 1])) {
      if (length < 0) continue;
      const content = bytes.subarray(0, length);
      t.equal(crcOf(crc, [content]), slowCrc(bits, polynomial, content), `${length} bytes`);
    }
  });

  t.test(`${name} agrees with its definition however the bytes are cut`, async () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.integer({ min: 0, max: 6000 }), { maxLength: 6 }),
        (seed, lengths) => {
          const whole = noise(
            lengths.reduce((sum, length) => sum + length, 0),
            seed,
          );
          let start = 0;
          const pieces = lengths.map((length) => whole.subarray(start, (start += length)));
          return crcOf(crc, pieces) === slowCrc(bits, polynomial, whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  t.test(`${name} of one stream does not see the bytes of another`, async (t) => {
    const [a, b] = [noise(20_000, 1), noise(9_000, 2)];
    let [first, second] = [crc.initial, crc.initial];
    for (let start = 0; start < 20_000; start += 5_000) {
      first = crc.update(first, a.subarray(start, start + 5_000));
      second = crc.update(second, b.subarray(start, start + 5_000));
    }
    t.equal(crc.value(first).toString('hex'), slowCrc(bits, polynomial, a));
    t.equal(crc.value(second).toString('hex'), slowCrc(bits, polynomial, b));
  });
}
