/**
 * The CRC of two pieces put together, from the CRCs of the pieces: crc(A‖B) = crc(A)·x^(8·|B|) + crc(B)
 * modulo the CRC's polynomial over GF(2). It holds as it stands for CRCs whose start value and final
 * inversion are all ones, as those of S3 are. Bits are reflected: the top bit of a register is x^0.
 * Registers are two 32-bit halves, because BigInt would cost 10 000 parts a tenth of a second.
 */

/** The CRCs of S3, those that FULL_OBJECT checksums of multipart uploads are made of. */
export type CrcAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME';

/** A polynomial of degree below `bits`. 32-bit CRCs have `high` 0. */
interface Polynomial {
  readonly high: number;
  readonly low: number;
}

interface Field {
  readonly bits: 32 | 64;
  /** The modulus without its leading term. */
  readonly modulus: Polynomial;
  /** x^(8·2^k) at k. Grows as longer pieces are met; 2^46 bytes are more than the largest object. */
  readonly powers: Polynomial[];
}

const FIELDS: Readonly<Record<CrcAlgorithm, Field>> = {
  CRC32: field(32, { high: 0, low: 0xedb88320 }),
  CRC32C: field(32, { high: 0, low: 0x82f63b78 }),
  CRC64NVME: field(64, { high: 0x9a6c9329, low: 0xac4bc9b5 }),
};

/** The digest (big-endian, as `digestOf` gives it) of the first piece followed by the second. */
export function combineCrc(
  algorithm: CrcAlgorithm,
  first: Buffer,
  second: Buffer,
  secondLength: number,
): Buffer {
  const { bits, modulus, powers } = FIELDS[algorithm];
  let moved = read(bits, first);
  let rest = secondLength;
  for (let k = 0; rest > 0; k++) {
    const power = powers[k] ?? square(FIELDS[algorithm], k);
    if (rest % 2 === 1) moved = multiply(bits, modulus, moved, power);
    rest = Math.floor(rest / 2);
  }
  const last = read(bits, second);
  return write(bits, { high: moved.high ^ last.high, low: moved.low ^ last.low });
}

function field(bits: 32 | 64, modulus: Polynomial): Field {
  // x^8: eight places below the top bit.
  const x8 = bits === 32 ? { high: 0, low: 1 << 23 } : { high: 1 << 23, low: 0 };
  return { bits, modulus, powers: [x8] };
}

/** Appends x^(8·2^k), the square of the power before it, and returns it. */
function square({ bits, modulus, powers }: Field, k: number): Polynomial {
  const root = powers[k - 1] as Polynomial; // asked for in order, and powers[0] is there from the start
  const power = multiply(bits, modulus, root, root);
  powers[k] = power;
  return power;
}

/** a·b, term by term of a from x^0 up, b growing by a factor of x each time. */
function multiply(bits: 32 | 64, modulus: Polynomial, a: Polynomial, b: Polynomial): Polynomial {
  let { high, low } = b;
  let productHigh = 0;
  let productLow = 0;
  for (let term = bits - 1; term >= 0; term--) {
    const word = term >= 32 ? a.high : a.low;
    if (((word >>> (term & 31)) & 1) === 1) {
      productHigh ^= high;
      productLow ^= low;
    }
    const overflow = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ (modulus.low & overflow);
    high = (high >>> 1) ^ (modulus.high & overflow);
  }
  return { high: productHigh, low: productLow };
}

function read(bits: 32 | 64, crc: Buffer): Polynomial {
  return bits === 32
    ? { high: 0, low: crc.readInt32BE(0) }
    : { high: crc.readInt32BE(0), low: crc.readInt32BE(4) };
}

function write(bits: 32 | 64, { high, low }: Polynomial): Buffer {
  const crc = Buffer.allocUnsafe(bits / 8);
  if (bits === 64) crc.writeInt32BE(high, 0);
  crc.writeInt32BE(low, bits / 8 - 4);
  return crc;
}
