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

/** A polynomial to multiply by: what each power of x times it is, x^e in words 2e and 2e+1. */
type Factor = Int32Array;

interface Field {
  readonly bits: 32 | 64;
  /** The modulus without its leading term. */
  readonly modulus: Polynomial;
  /** x^(8·2^k) at k. Grows as longer pieces are met; 2^46 bytes are more than the largest object. */
  readonly powers: Factor[];
  /** x^(8·length): parts are as long as the one before. */
  shift: { readonly length: number; readonly factor: Factor } | undefined;
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
  const field = FIELDS[algorithm];
  const { bits } = field;
  const moved = product(bits, read(bits, first), shiftBy(field, secondLength));
  const last = read(bits, second);
  return write(bits, { high: moved.high ^ last.high, low: moved.low ^ last.low });
}

function field(bits: 32 | 64, modulus: Polynomial): Field {
  return { bits, modulus, powers: [], shift: undefined };
}

function shiftBy(field: Field, length: number): Factor {
  if (field.shift?.length === length) return field.shift.factor;
  const { bits } = field;
  let moved: Polynomial = bits === 32 ? { high: 0, low: 1 << 31 } : { high: 1 << 31, low: 0 };
  for (let k = 0, rest = length; rest > 0; k++) {
    const power = (field.powers[k] ??= powerOf(field, k));
    if (rest % 2 === 1) moved = product(bits, moved, power);
    rest = Math.floor(rest / 2);
  }
  const factor = factorOf(field, moved);
  field.shift = { length, factor };
  return factor;
}

/** x^(8·2^k), the square of the power before it; asked for in order. */
function powerOf(field: Field, k: number): Factor {
  const root = field.powers[k - 1];
  // x^8: eight places below the top bit.
  if (root === undefined)
    return factorOf(field, field.bits === 32 ? { high: 0, low: 1 << 23 } : { high: 1 << 23, low: 0 });
  const [high = 0, low = 0] = root;
  return factorOf(field, product(field.bits, { high, low }, root));
}

function factorOf({ bits, modulus }: Field, polynomial: Polynomial): Factor {
  const factor = new Int32Array(2 * bits);
  let { high, low } = polynomial;
  for (let at = 0; at < factor.length; at += 2) {
    factor[at] = high;
    factor[at + 1] = low;
    const overflow = -(low & 1);
    low = ((low >>> 1) | (high << 31)) ^ (modulus.low & overflow);
    high = (high >>> 1) ^ (modulus.high & overflow);
  }
  return factor;
}

/** Adds up what the terms of `a` make of the factor: the top bit of its first word is x^0. */
function product(bits: 32 | 64, { high, low }: Polynomial, factor: Factor): Polynomial {
  let productHigh = 0;
  let productLow = 0;
  for (let word = bits === 64 ? high : low, base = 0; base < bits; word = low, base += 32) {
    while (word !== 0) {
      const leading = Math.clz32(word);
      word &= ~(0x80000000 >>> leading);
      productHigh ^= factor[2 * (base + leading)] ?? 0;
      productLow ^= factor[2 * (base + leading) + 1] ?? 0;
    }
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
