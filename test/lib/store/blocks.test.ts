import t from 'tap';
import { type Block, BLOCK_BYTES, Blocks } from '../../../lib/store/blocks.js';

/** All a body gets before it has to wait. */
function fill(blocks: Blocks): Block[] {
  const held: Block[] = [];
  for (;;) {
    const block = blocks.take(held.length);
    if (block === undefined) return held;
    held.push(block);
  }
}

t.test(
  'a body alone fills ahead; each of very many still has blocks of its own, and no two share one',
  async (t) => {
    const blocks = new Blocks();
    const bodies = Array.from({ length: 200 }, () => fill(blocks));
    const [first = [], ...others] = bodies.map((held) => held.length);
    t.ok((first as number) > (others.at(-1) ?? 0));
    t.ok(others.every((count) => count >= 3));
    const all = bodies.flat();
    t.equal(new Set(all).size, all.length);
    t.ok(all.every((block) => block.length === BLOCK_BYTES));
    t.ok(all.length * BLOCK_BYTES < 1024 ** 3, 'and that is less than a gigabyte');
  },
);

t.test('what was given back is used again', async (t) => {
  const blocks = new Blocks();
  const held = fill(blocks);
  for (const block of held) blocks.give(block);
  t.strictSame(new Set(fill(blocks)), new Set(held));
});

t.test('after a rush, little is kept', async (t) => {
  const blocks = new Blocks();
  const rush = Array.from({ length: 100 }, () => fill(blocks)).flat();
  for (const block of rush) blocks.give(block);
  const before = new Set(rush);
  const kept = Array.from({ length: 100 }, () => fill(blocks))
    .flat()
    .filter((block) => before.has(block));
  t.ok(kept.length * BLOCK_BYTES <= 16 * 1024 * 1024);
});
