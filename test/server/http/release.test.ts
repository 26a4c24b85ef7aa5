import t from 'tap';
import { release } from '../../../server/http/release.js';

t.test('a large block that has its memory to itself gives it back', async (t) => {
  const block = Buffer.alloc(65_536, 1);
  const { buffer } = block;
  release(block);
  t.equal(block.length, 0);
  t.equal(buffer.byteLength, 0);
  release(block);
});

t.test('as many as come, one after another, leave nothing behind', async (t) => {
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 500; round++) release(Buffer.alloc(1024 * 1024, 1));
  t.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024, 'half a gigabyte of them');
});

t.test('what shares its memory with others stays as it is', async (t) => {
  const whole = Buffer.alloc(100_000, 7);
  release(whole.subarray(0, 65_536));
  release(whole.subarray(1));
  t.ok(whole.equals(Buffer.alloc(100_000, 7)));
  const small = Buffer.from('of the pool all small ones share');
  release(small);
  t.equal(small.toString(), 'of the pool all small ones share');
  const shared = Buffer.from(new SharedArrayBuffer(65_536)).fill(7);
  release(shared);
  t.ok(shared.equals(Buffer.alloc(65_536, 7)));
});
