/**
 * The WebAssembly that reads bytes for a reflected CRC of up to 64 bits, in two steps of different speed.
 *
 * `slice`, for any length, is slicing by eight (Kounavis and Berry, 2005): eight table lookups per 8 bytes.
 *
 * `fold`, for long input, uses no table. The CRC's polynomial P has multiples with few terms, 1 + Σ x^(8·tᵢ);
 * so modulo P a byte of the message may be taken away at its place and added (xor) at the places tᵢ further
 * on instead. Doing this from the front pushes the whole message into the last max(tᵢ) bytes, sixteen bytes
 * at a time, for one load and one xor per term; `slice` reads that rest.
 */
import { assemble, I32, I64, i32, i64, local, v128, whileLoop, type Code } from './wasm-assembler.js';

/** `slice` finds its eight tables of 256 registers (8 bytes, little-endian) at address 0. */
export const SLICES = 8;
export const TABLE_BYTES = SLICES * 256 * 8;
/** `fold` works on whole steps of this many bytes. */
export const FOLD_STEP = 64;

/** Addresses are byte offsets into the module's memory. */
export interface CrcExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * To every byte from `target` on adds the bytes of `source` that lie each of the distances before it,
   * up to the first whole step not below `end`. Source and target may be the same: what an earlier step
   * wrote, a later one reads. `before` is the address of `source` less the longest distance.
   */
  fold(target: number, before: number, end: number): void;
  /** The register after the bytes from `start` to `end`, given the register before them. */
  slice(register: bigint, start: number, end: number): bigint;
}

/** @param distances tᵢ in bytes, each at least 16 */
export function crcModule(distances: readonly number[], memoryPages: number): Uint8Array<ArrayBuffer> {
  return assemble(
    [
      { name: 'fold', parameters: [I32, I32, I32], results: [], body: foldBody(distances) },
      { name: 'slice', parameters: [I64, I32, I32], results: [I64], body: sliceBody() },
    ],
    memoryPages,
  );
}

function foldBody(distances: readonly number[]): Code {
  const [target, before, end] = [0, 1, 2];
  const longest = Math.max(...distances);
  const sixteenBytes = (offset: number): Code => [
    ...local.get(target),
    ...local.get(target),
    ...v128.load(offset),
    ...distances.flatMap((distance) => [
      ...local.get(before),
      ...v128.load(longest - distance + offset),
      ...v128.xor,
    ]),
    ...v128.store(offset),
  ];
  const advance = (address: number): Code => [
    ...local.get(address),
    ...i32.const(FOLD_STEP),
    ...i32.add,
    ...local.set(address),
  ];
  return whileLoop(
    [...local.get(target), ...local.get(end), ...i32.lt_u],
    [...[0, 16, 32, 48].flatMap(sixteenBytes), ...advance(target), ...advance(before)],
  );
}

function sliceBody(): Code {
  const [register, at, end] = [0, 1, 2];
  const advance = (bytes: number): Code => [
    ...local.get(at),
    ...i32.const(bytes),
    ...i32.add,
    ...local.set(at),
  ];
  /** The entry of a table for byte number `byte` of the register, 0 being the one read first. */
  const lookUp = (table: number, byte: number): Code => [
    ...local.get(register),
    ...(byte === 0 ? [] : [...i64.const(8 * byte), ...i64.shr_u]),
    ...i32.wrap_i64,
    ...i32.const(0xff),
    ...i32.and,
    ...i32.const(3),
    ...i32.shl,
    ...i64.load(table * 256 * 8),
  ];
  const eightBytes: Code = [
    ...local.get(register),
    ...local.get(at),
    ...i64.load(),
    ...i64.xor,
    ...local.set(register),
    ...lookUp(7, 0),
    ...[1, 2, 3, 4, 5, 6, 7].flatMap((byte) => [...lookUp(7 - byte, byte), ...i64.xor]),
    ...local.set(register),
    ...advance(8),
  ];
  const oneByte: Code = [
    ...local.get(register),
    ...local.get(at),
    ...i64.load8_u(),
    ...i64.xor,
    ...local.set(register),
    ...lookUp(0, 0),
    ...local.get(register),
    ...i64.const(8),
    ...i64.shr_u,
    ...i64.xor,
    ...local.set(register),
    ...advance(1),
  ];
  return [
    ...whileLoop([...local.get(at), ...i32.const(8), ...i32.add, ...local.get(end), ...i32.le_u], eightBytes),
    ...whileLoop([...local.get(at), ...local.get(end), ...i32.lt_u], oneByte),
    ...local.get(register),
  ];
}
