import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { digestBody } from '../../../lib/hash/body-digests.js';
import { HashLanes } from '../../../lib/hash/lanes.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import { BLOCK_BYTES, Blocks } from '../../../lib/store/blocks.js';
import { LargeBody } from '../../../lib/store/large-body.js';

const SPEC = { md5: true, sha256: true, algorithms: ['CRC64NVME'] } as const;
const lanes = new HashLanes();
t.before(prepareHashes);
t.teardown(() => lanes.close());

function file(t: Test, flags = 'r+'): { fd: number; path: string } {
  const path = `${t.testdir({ body: '' })}/body`;
  const fd = openSync(path, flags);
  t.teardown(() => closeSync(fd));
  return { fd, path };
}

t.test('bodies received side by side do not mix, whatever the pieces', async (t) => {
  const blocks = new Blocks();
  await Promise.all(
    [1, 70_001, 2 * BLOCK_BYTES + 3].map(async (piece) =>
      t.test(`pieces of ${piece}`, async (t) => {
        const { fd, path } = file(t);
        const bytes = randomBytes(piece === 1 ? 5000 : 30 * BLOCK_BYTES + 11);
        const body = new LargeBody({ fd, offset: 0, eager: piece !== 1 }, lanes.open(SPEC), blocks);
        for (let at = 0; at < bytes.length; at += piece) await body.write(bytes.subarray(at, at + piece));
        t.strictSame(await body.finish(), digestBody(SPEC, bytes));
        t.ok(readFileSync(path).equals(bytes));
      }),
    ),
  );
});

t.test('bodies that end, fail or are given up give all their blocks back', async (t) => {
  const blocks = new Blocks();
  const { fd: good } = file(t);
  const { fd: bad } = file(t, 'r');
  for (let round = 0; round < 20; round++) {
    const ended = new LargeBody({ fd: good, offset: 0 }, lanes.open(SPEC), blocks);
    await ended.write(Buffer.alloc(5 * BLOCK_BYTES + 7));
    await ended.finish();
    const failing = new LargeBody({ fd: bad, offset: 0 }, lanes.open(SPEC), blocks);
    await t.rejects(
      (async () => {
        await failing.write(Buffer.alloc(12 * BLOCK_BYTES));
        await failing.finish();
      })(),
    );
    await failing.abandon();
    const givenUp = new LargeBody({ fd: good, offset: 0 }, lanes.open(SPEC), blocks);
    const writing = Promise.resolve(givenUp.write(Buffer.alloc(20 * BLOCK_BYTES)));
    const stopped = t.rejects(writing, { code: 'IncompleteBody' });
    await givenUp.abandon();
    await stopped;
  }
  let held = 0;
  while (blocks.take(held) !== undefined) held++;
  t.ok(held > 3, 'there are as many to be had as for the first');
});
