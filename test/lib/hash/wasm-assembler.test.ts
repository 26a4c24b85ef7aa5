import t from 'tap';
import { assemble, I32, i32, local, whileLoop } from '../../../lib/hash/wasm-assembler.js';

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: Record<string, (...numbers: number[]) => number>;
  };
};

function instantiate(bytes: Uint8Array): Record<string, (...numbers: number[]) => number> {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
}

t.test('constants of either sign and any size arrive as they were written', async (t) => {
  const numbers = [0, 1, 63, 64, 127, 128, 8191, 8192, 2 ** 31 - 1, -1, -64, -65, -8193, -(2 ** 31)];
  const functions = numbers.map((number, index) => ({
    name: `f${index}`,
    parameters: [],
    results: [I32],
    body: i32.const(number),
  }));
  const exports = instantiate(assemble(functions, 1));
  t.same(
    numbers.map((_, index) => exports[`f${index}`]?.()),
    numbers,
  );
});

t.test('a while loop runs as long as its condition holds, and not at all when it never does', async (t) => {
  const [counter, end] = [0, 1];
  const countUp = {
    name: 'countUp',
    parameters: [I32, I32],
    results: [I32],
    body: [
      ...whileLoop(
        [...local.get(counter), ...local.get(end), ...i32.lt_u],
        [...local.get(counter), ...i32.const(1), ...i32.add, ...local.set(counter)],
      ),
      ...local.get(counter),
    ],
  };
  const exports = instantiate(assemble([countUp], 1));
  t.equal(exports['countUp']?.(3, 1000), 1000);
  t.equal(exports['countUp']?.(7, 2), 7);
});

t.test('the module has the memory it asks for', async (t) => {
  const exports = instantiate(assemble([], 3)) as unknown as { memory: { buffer: ArrayBuffer } };
  t.equal(exports.memory.buffer.byteLength, 3 * 65536);
});
