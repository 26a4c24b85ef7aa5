import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../lib/checksum.js';
import { BodyDigests } from '../../../lib/hash/body-digests.js';
import { HashLanes } from '../../../lib/hash/lanes.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';

await prepareHashes();

const EVERYTHING = { md5: true, sha256: true, algorithms: CHECKSUM_ALGORITHMS };
/** What no caller can send without a lie to the compiler: the threads throw at it, and so end. */
const POISON = 42 as unknown as Uint8Array<SharedArrayBuffer>;

function share(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

t.test('lanes give the very result of hashing in one thread, also to several streams at once', async (t) => {
  const lanes = new HashLanes({ pairs: 2 });
  t.teardown(() => lanes.close());
  const spec = fc.record({
    md5: fc.boolean(),
    sha256: fc.boolean(),
    algorithms: fc.subarray([...CHECKSUM_ALGORITHMS]),
  });
  const body = fc.record({ spec, blocks: fc.array(fc.uint8Array({ maxLength: 3000, size: 'max' })) });
  await fc.assert(
    fc.asyncProperty(fc.array(body, { minLength: 1, maxLength: 5 }), async (bodies) => {
      await Promise.all(
        bodies.map(async ({ spec, blocks }) => {
          const [alone, stream] = [new BodyDigests(spec), lanes.open(spec)];
          for (const block of blocks) {
            alone.update(block);
            await stream.update(share(block));
          }
          t.strictSame(await stream.finish(), alone.finish());
        }),
      );
    }),
    { numRuns: 40 },
  );
});

t.test('the memory of a block may be used again once its update resolves', async (t) => {
  const lanes = new HashLanes();
  t.teardown(() => lanes.close());
  const [alone, stream] = [new BodyDigests(EVERYTHING), lanes.open(EVERYTHING)];
  const buffers = [share(Buffer.alloc(65536)), share(Buffer.alloc(65536))] as const;
  const read: [Promise<void>, Promise<void>] = [Promise.resolve(), Promise.resolve()];
  for (let index = 0; index < 40; index++) {
    const turn = index % 2 === 0 ? 0 : 1;
    await read[turn];
    buffers[turn].fill(index);
    alone.update(buffers[turn]);
    read[turn] = stream.update(buffers[turn]);
  }
  t.strictSame(await stream.finish(), alone.finish());
});

t.test('when a thread dies its streams reject, and the next one finds a new thread', async (t) => {
  const lanes = new HashLanes();
  t.teardown(() => lanes.close());
  const bad = lanes.open({ md5: true, sha256: false, algorithms: [] });
  const bystander = lanes.open(EVERYTHING);
  await t.rejects(bad.update(POISON), { name: 'StoreError', code: 'Internal' });
  await t.rejects(bad.finish(), { name: 'StoreError', code: 'Internal' });
  await t.rejects(bystander.finish(), { name: 'StoreError', code: 'Internal' });
  const next = lanes.open({ md5: true, sha256: true, algorithms: [] });
  await next.update(share(Buffer.from('abc')));
  const { md5, sha256 } = await next.finish();
  t.equal(md5, '900150983cd24fb0d6963f7d28e17f72');
  t.equal(sha256, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

t.test('an update whose failure nobody looks at does not end the process', async (t) => {
  const lanes = new HashLanes();
  t.teardown(() => lanes.close());
  const stream = lanes.open(EVERYTHING);
  void stream.update(POISON);
  void stream.update(share(Buffer.from('more')));
  await t.rejects(stream.finish(), { code: 'Internal' });
});

t.test('an abandoned stream takes no more blocks', async (t) => {
  const lanes = new HashLanes();
  t.teardown(() => lanes.close());
  const stream = lanes.open(EVERYTHING);
  await stream.update(share(Buffer.from('abc')));
  stream.abandon();
  stream.abandon();
  await t.rejects(stream.update(share(Buffer.from('abc'))), { code: 'Internal' });
  await t.rejects(stream.finish(), { code: 'Internal' });
});

t.test('the lanes keep a process alive while a stream is open, and not afterwards', async (t) => {
  const lanes = JSON.stringify(new URL('../../../lib/hash/lanes.js', import.meta.url).href);
  const script = `
    import { HashLanes } from ${lanes};
    const stream = new HashLanes().open({ md5: true, sha256: false, algorithms: [] });
    await stream.update(new Uint8Array(new SharedArrayBuffer(0)));
    console.log((await stream.finish()).md5);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 20_000,
  });
  t.equal(stdout.trim(), 'd41d8cd98f00b204e9800998ecf8427e');
});
