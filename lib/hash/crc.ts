/**
 * CRC32C (RFC 3720 appendix B.4) and CRC64NVME (NVM Express NVM Command Set specification, 5.2.1.3.4),
 * by the WebAssembly of crc-module.ts. A `Crc` keeps no state between calls: the register belongs to the
 * caller, so one serves any number of streams.
 */
import { copyBytes } from '../os/memory.js';
import { crcModule, FOLD_STEP, SLICES, TABLE_BYTES, type CrcExports } from './crc-module.js';

/** Bytes folded at once: much longer than the rest they leave, and still at home in a core's own cache. */
const PIECE = 128 * 1024;
const MEMORY_PAGE = 64 * 1024;

/** Of Node's global, what is used here: its types come with the DOM's only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Definition {
  readonly bits: 32 | 64;
  /** Reflected, without its leading term. */
  readonly polynomial: bigint;
  /**
   * Bytes, ascending: 1 + Σ x^(8·distance) is a multiple of the polynomial. Found by search; the shortest
   * should be some hundred bytes, so that no load waits for a store that has hardly begun.
   */
  readonly distances: readonly number[];
}

export class Crc {
  /** The register before the first byte. Registers are signed, as WebAssembly gives them to JavaScript. */
  readonly initial: bigint;
  readonly #bits: 32 | 64;
  readonly #code: CrcExports;
  readonly #memory: Buffer;
  /** The longest distance. */
  readonly #reach: number;
  /** Address of the bytes to fold; `reach` zeros lie before it. */
  readonly #folded: number;
  /** Address of the end of the input, which what was folded is added to. */
  readonly #rest: number;
  readonly #zeros: Buffer;

  constructor({ bits, polynomial, distances }: Definition) {
    const reach = Math.max(...distances);
    const room = reach + 2 * FOLD_STEP;
    const folded = TABLE_BYTES + room;
    const rest = folded + PIECE + room;
    const pages = Math.ceil((rest + 2 * room) / MEMORY_PAGE);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(crcModule(distances, pages)));
    // What crc-module.ts assembles has these exports.
    this.#code = instance.exports as CrcExports;
    this.#memory = Buffer.from(this.#code.memory.buffer);
    this.#bits = bits;
    this.#reach = reach;
    this.#folded = folded;
    this.#rest = rest;
    this.#zeros = Buffer.alloc(room);
    this.initial = BigInt.asIntN(64, (1n << BigInt(bits)) - 1n);
    slices(polynomial).forEach((entry, index) => this.#memory.writeBigUInt64LE(entry, index * 8));
  }

  /** The register after these bytes. */
  update(register: bigint, bytes: Uint8Array): bigint {
    if (bytes.length <= PIECE) return this.#updatePiece(register, bytes);
    let after = register;
    for (let start = 0; start < bytes.length; start += PIECE) {
      after = this.#updatePiece(after, bytes.subarray(start, start + PIECE));
    }
    return after;
  }

  /** The CRC, big-endian, that a register stands for after the last byte. */
  value(register: bigint): Buffer {
    const bytes = Buffer.allocUnsafe(this.#bits / 8);
    if (this.#bits === 32) bytes.writeUInt32BE(Number(register ^ this.initial));
    else bytes.writeBigInt64BE(register ^ this.initial);
    return bytes;
  }

  #updatePiece(register: bigint, bytes: Uint8Array): bigint {
    const memory = this.#memory;
    const restAt = this.#rest;
    if (bytes.length < 2 * this.#reach) {
      copyBytes(bytes, memory, restAt);
      return this.#code.slice(register, restAt, restAt + bytes.length);
    }
    const folded = Math.floor((bytes.length - this.#reach) / FOLD_STEP) * FOLD_STEP;
    const rest = bytes.length - folded;
    const foldedEnd = this.#folded + folded;
    copyBytes(bytes.subarray(0, folded), memory, this.#folded);
    memory.set(this.#zeros, foldedEnd);
    copyBytes(bytes.subarray(folded), memory, restAt);
    // A register is the same as so many bits added to the start of the input.
    memory.writeBigInt64LE(memory.readBigInt64LE(this.#folded) ^ register, this.#folded);
    this.#code.fold(this.#folded, this.#folded - this.#reach, foldedEnd);
    this.#code.fold(restAt, foldedEnd - this.#reach, restAt + rest);
    return this.#code.slice(0n, restAt, restAt + rest);
  }
}

/** Table k: the registers that each byte leads to when k zero bytes follow it. */
function slices(polynomial: bigint): bigint[] {
  const entries: bigint[] = [];
  for (let byte = 0n; byte < 256n; byte++) {
    let register = byte;
    for (let bit = 0; bit < 8; bit++) register = (register >> 1n) ^ (register & 1n ? polynomial : 0n);
    entries.push(register);
  }
  for (let index = 256; index < SLICES * 256; index++) {
    const before = entries[index - 256] ?? 0n;
    entries.push((before >> 8n) ^ (entries[Number(before & 0xffn)] ?? 0n));
  }
  return entries;
}

export const CRC32C = new Crc({
  bits: 32,
  polynomial: 0x82f63b78n,
  distances: [307, 308, 317, 452, 499],
});

export const CRC64NVME = new Crc({
  bits: 64,
  polynomial: 0x9a6c9329ac4bc9b5n,
  distances: [293, 304, 357, 461, 479, 502, 511, 817, 1017],
});
