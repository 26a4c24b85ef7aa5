import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { HashLanes } from '../../../lib/hash/lanes.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import { BodyReceiver, type Destination, IN_MEMORY_BYTES } from '../../../lib/store/receiver.js';

await prepareHashes();
const lanes = new HashLanes();
t.teardown(() => lanes.close());

interface Place {
  readonly path: string;
  readonly claimed: Destination[];
  readonly dropped: Destination[];
  readonly receiver: BodyReceiver<Destination>;
}

function receiving(t: Test, offset = 0, claim?: () => Promise<Destination>): Place {
  const path = `${t.testdir({ file: '' })}/file`;
  const claimed: Destination[] = [];
  const dropped: Destination[] = [];
  const receiver = new BodyReceiver<Destination>(
    lanes,
    { size: undefined, algorithms: ['CRC32', 'SHA1'], payloadSha256: true },
    {
      claim:
        claim ??
        (async () => {
          const destination = { fd: openSync(path, 'r+'), offset };
          claimed.push(destination);
          t.teardown(() => closeSync(destination.fd));
          return destination;
        }),
      drop: (destination) => void dropped.push(destination),
    },
  );
  return { path, claimed, dropped, receiver };
}

/** Bytes that are not the same anywhere, in pieces of many sizes. */
function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32LE(Math.imul(at, 2654435761) >>> 0, at);
  return bytes;
}

async function send(
  receiver: BodyReceiver<Destination>,
  bytes: Buffer,
  pieces: readonly number[],
): Promise<void> {
  const piece = Buffer.alloc(Math.max(...pieces));
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = Math.min(pieces[turn % pieces.length] ?? 1, bytes.length - at);
    bytes.copy(piece, 0, at, at + size);
    // The memory is used again at once: the receiver has to have taken its copy.
    const taken = receiver.write(piece.subarray(0, size));
    if (taken !== undefined) await taken;
    at += size;
  }
}

t.test('a body arrives as it was sent, whatever its size and its pieces', async (t) => {
  const sizes = [
    0,
    1,
    IN_MEMORY_BYTES - 1,
    IN_MEMORY_BYTES,
    IN_MEMORY_BYTES + 1,
    524_288,
    524_289,
    3_000_000,
  ];
  for (const size of sizes) {
    for (const pieces of [[65_536], [1, 70_000, 7], [2_000_000]]) {
      await t.test(`${size} bytes by ${pieces.join(', ')}`, async (t) => {
        const { receiver, path, claimed } = receiving(t, 10);
        const bytes = bytesOf(size);
        await send(receiver, bytes, pieces);
        const body = await receiver.finish();
        t.match(body, {
          size,
          md5: createHash('md5').update(bytes).digest('hex'),
          sha256: createHash('sha256').update(bytes).digest('hex'),
        });
        t.equal(body.checksums.get('SHA1'), createHash('sha1').update(bytes).digest('base64'));
        t.same([...body.checksums.keys()], ['CRC32', 'SHA1']);
        const content = receiver.take();
        if (size <= IN_MEMORY_BYTES) {
          t.ok(Buffer.from(content.bytes ?? []).equals(bytes));
          t.equal(claimed.length, 0, 'a small one claims no place');
        } else {
          t.equal(content.bytes, undefined);
          t.ok(readFileSync(path).subarray(10).equals(bytes), 'at its offset');
        }
        t.throws(() => receiver.take(), { code: 'Internal' });
      });
    }
  }
});

t.test('what is given up is dropped once, when nothing writes to it any more', async (t) => {
  const { receiver, dropped, claimed } = receiving(t);
  await send(receiver, bytesOf(1_500_000), [100_000]);
  receiver.discard();
  receiver.discard();
  for (let turn = 0; turn < 100 && dropped.length === 0; turn++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  t.same(dropped, claimed);
  const small = receiving(t);
  small.receiver.write(Buffer.from('x'));
  small.receiver.discard();
  t.same(small.dropped, []);
});

t.test('given up while its place is being claimed, the place is dropped', async (t) => {
  let give: (destination: Destination) => void = () => undefined;
  const { receiver, dropped } = receiving(t, 0, () => new Promise((resolve) => (give = resolve)));
  const writing = Promise.resolve(receiver.write(bytesOf(200_000)));
  receiver.discard();
  give({ fd: -1, offset: 0 });
  await t.rejects(writing, { code: 'IncompleteBody' });
  t.same(dropped, [{ fd: -1, offset: 0 }]);
});

t.test('after it was taken, discarding is harmless', async (t) => {
  const { receiver, dropped } = receiving(t);
  await send(receiver, bytesOf(300_000), [100_000]);
  await receiver.finish();
  receiver.take();
  receiver.discard();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same(dropped, []);
});

t.test('a place that cannot be had, or cannot be written to, is an error, and nothing hangs', async (t) => {
  const refused = receiving(t, 0, () => Promise.reject(new Error('no place')));
  await t.rejects(Promise.resolve(refused.receiver.write(bytesOf(200_000))), { message: 'no place' });
  const directory = openSync(t.testdir({}), 'r');
  const broken = receiving(t, 0, async () => ({ fd: directory, offset: 0 }));
  await t.rejects(
    (async () => {
      await send(broken.receiver, bytesOf(5_000_000), [100_000]);
      await broken.receiver.finish();
    })(),
    { name: 'StoreError' },
  );
  broken.receiver.discard();
  closeSync(directory);
});
