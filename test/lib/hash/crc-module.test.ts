import t from 'tap';
import { crcModule, FOLD_STEP, TABLE_BYTES, type CrcExports } from '../../../lib/hash/crc-module.js';

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

function instantiate(distances: readonly number[]): { code: CrcExports; memory: Buffer } {
  const code = new WebAssembly.Instance(new WebAssembly.Module(crcModule(distances, 2)))
    .exports as CrcExports;
  return { code, memory: Buffer.from(code.memory.buffer) };
}

t.test('fold adds to each byte those at the distances before it, already folded', async (t) => {
  const distances = [16, 100, 250];
  const { code, memory } = instantiate(distances);
  const [start, length] = [TABLE_BYTES + 256, 10 * FOLD_STEP];
  const expected = Array.from({ length }, (_, index) => (index * 167 + 13) & 0xff);
  memory.set(expected, start);
  for (let at = 0; at < length; at++) {
    for (const distance of distances) expected[at] = (expected[at] ?? 0) ^ (expected[at - distance] ?? 0);
  }
  code.fold(start, start - 250, start + length);
  t.same([...memory.subarray(start, start + length)], expected);
  t.ok(
    memory.subarray(start + length).every((byte) => byte === 0),
    'nothing is written past the end',
  );
});

t.test('fold into another place leaves its source alone', async (t) => {
  const { code, memory } = instantiate([64]);
  const [source, target] = [TABLE_BYTES + 64, TABLE_BYTES + 1024];
  memory.fill(0x0f, source, source + FOLD_STEP);
  memory.fill(0xff, target, target + FOLD_STEP);
  code.fold(target, source, target + FOLD_STEP);
  t.ok(memory.subarray(target, target + FOLD_STEP).every((byte) => byte === 0xf0));
  t.ok(memory.subarray(source, source + FOLD_STEP).every((byte) => byte === 0x0f));
});

t.test('slice over no bytes leaves the register as it was', async (t) => {
  const { code } = instantiate([16]);
  t.equal(code.slice(-2n, TABLE_BYTES, TABLE_BYTES), -2n);
});
