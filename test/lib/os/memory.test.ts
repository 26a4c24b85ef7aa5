import { randomBytes } from 'node:crypto';
import t from 'tap';
import { copyBytes } from '../../../lib/os/memory.js';

t.test('bytes are copied whole, from and to memory of every kind, and none beside them', async (t) => {
  const kinds = {
    own: (size: number) => Buffer.alloc(size, 0xee),
    shared: (size: number) => Buffer.from(new SharedArrayBuffer(size)).fill(0xee),
  };
  for (const [fromKind, from] of Object.entries(kinds)) {
    for (const [toKind, to] of Object.entries(kinds)) {
      for (const [size, at] of [
        [0, 0],
        [1, 3],
        [4097, 7],
        [65_536, 0],
      ] as const) {
        const source = from(size + 2).subarray(1, size + 1);
        source.set(randomBytes(size));
        const target = to(at + size + 5);
        copyBytes(source, target, at);
        const wanted = Buffer.concat([Buffer.alloc(at, 0xee), source, Buffer.alloc(5, 0xee)]);
        t.ok(target.equals(wanted), `${size} bytes from ${fromKind} to ${toKind} memory`);
      }
    }
  }
});

t.test('what does not fit is not copied', async (t) => {
  const target = Buffer.from(new SharedArrayBuffer(8));
  t.throws(() => copyBytes(Buffer.alloc(8, 1), target, 1), RangeError);
  t.throws(() => copyBytes(Buffer.alloc(1, 1), target, -1), RangeError);
  t.ok(target.equals(Buffer.alloc(8)));
});
