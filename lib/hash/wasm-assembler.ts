/**
 * Just enough of the WebAssembly binary format (https://www.w3.org/TR/wasm-core-2/ section 5) to write a
 * small module by hand: instructions are arrays of bytes, named as in the text format.
 */

export type Code = readonly number[];

/** Value types. */
export const I32 = 0x7f;
export const I64 = 0x7e;

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load8_u: (offset = 0): Code => [0x2d, 0, ...unsigned(offset)],
  add: [0x6a] as Code,
  and: [0x71] as Code,
  shl: [0x74] as Code,
  lt_u: [0x49] as Code,
  le_u: [0x4d] as Code,
  wrap_i64: [0xa7] as Code,
};

export const i64 = {
  const: (value: number): Code => [0x42, ...signed(value)],
  /** No alignment promised. */
  load: (offset = 0): Code => [0x29, 0, ...unsigned(offset)],
  load8_u: (offset = 0): Code => [0x31, 0, ...unsigned(offset)],
  xor: [0x85] as Code,
  shr_u: [0x88] as Code,
};

export const v128 = {
  load: (offset = 0): Code => [0xfd, 0x00, 0, ...unsigned(offset)],
  store: (offset = 0): Code => [0xfd, 0x0b, 0, ...unsigned(offset)],
  xor: [0xfd, ...unsigned(0x51)] as Code,
};

export const local = {
  get: (index: number): Code => [0x20, ...unsigned(index)],
  set: (index: number): Code => [0x21, ...unsigned(index)],
};

/** `while (condition) body`. Neither may branch out of it. */
export function whileLoop(condition: Code, body: Code): Code {
  const [loop, then, branch, end, none] = [0x03, 0x04, 0x0c, 0x0b, 0x40];
  return [loop, none, ...condition, then, none, ...body, branch, ...unsigned(1), end, end];
}

const MAGIC_AND_VERSION: Code = [...Buffer.from('\0asm'), 1, 0, 0, 0];

export interface WasmFunction {
  /** The name under which it is exported. */
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  readonly body: Code;
}

/** A module of these functions and one memory, exported as `memory`. */
export function assemble(functions: readonly WasmFunction[], memoryPages: number): Uint8Array<ArrayBuffer> {
  const functionType = 0x60;
  const [functionKind, memoryKind] = [0x00, 0x02];
  const noMaximum = 0x00;
  const end = 0x0b;
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(
      1,
      functions.map((f) => [
        functionType,
        ...vector(f.parameters.map((type) => [type])),
        ...vector(f.results.map((type) => [type])),
      ]),
    ),
    ...section(
      3,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(5, [[noMaximum, ...unsigned(memoryPages)]]),
    ...section(7, [
      [...text('memory'), memoryKind, 0],
      ...functions.map((f, index) => [...text(f.name), functionKind, ...unsigned(index)]),
    ]),
    ...section(
      10,
      functions.map((f) => sized([0, ...f.body, end])),
    ),
  ]);
}

function section(id: number, items: readonly Code[]): Code {
  return [id, ...sized(vector(items))];
}

function vector(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(bytes: Code): Code {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): Code {
  return sized([...Buffer.from(value)]);
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** Signed LEB128: the sixth bit of the last byte is the sign. */
function signed(value: number): Code {
  const last = value >= -0x40 && value < 0x40;
  return last ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
