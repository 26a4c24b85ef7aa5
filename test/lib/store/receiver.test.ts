import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, mkdtempSync, open, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { digestBody } from '../../../lib/hash/body-digests.js';
import { HashLanes } from '../../../lib/hash/lanes.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import {
  BodyReceiver,
  type Destination,
  type Destinations,
  IN_MEMORY_BYTES,
} from '../../../lib/store/receiver.js';
import type { ReceiveOptions } from '../../../lib/store/store.js';
import { md5Of } from './md5-of.js';

const MIB = 1024 * 1024;
const ALGORITHMS = ['CRC64NVME', 'SHA1', 'XXHASH128'] as const;
const OPTIONS: ReceiveOptions = { size: undefined, algorithms: ALGORITHMS, payloadSha256: true };

const lanes = new HashLanes();
t.before(prepareHashes);
t.teardown(() => lanes.close());

interface Receiving {
  readonly receiver: BodyReceiver<Destination>;
  readonly path: string;
  claims: number;
  readonly dropped: Destination[];
}

/** A receiver of a body that goes into a file once it is large. */
function receiving(
  t: Test,
  how: Partial<Destinations<Destination>> & { readonly offset?: number } = {},
): Receiving {
  const path = `${t.testdir({ body: '' })}/body`;
  const fd = openSync(path, 'r+');
  t.teardown(() => closeSync(fd));
  const dropped: Destination[] = [];
  const receiver = new BodyReceiver<Destination>(lanes, OPTIONS, {
    claim: () => {
      about.claims++;
      return how.claim?.() ?? Promise.resolve({ fd, offset: how.offset ?? 0 });
    },
    drop: (destination) => {
      dropped.push(destination);
      how.drop?.(destination);
    },
  });
  const about: Receiving = { receiver, path, claims: 0, dropped };
  return about;
}

async function send(
  { receiver }: Receiving,
  bytes: Uint8Array,
  chunk: number,
): Promise<Awaited<ReturnType<typeof receiver.finish>>> {
  // One piece of memory for all chunks, as a socket's: what was taken is a copy.
  const piece = Buffer.alloc(chunk);
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = bytes.subarray(at, at + chunk);
    piece.set(part);
    await receiver.write(piece.subarray(0, part.length));
    piece.fill(0xee);
  }
  return receiver.finish();
}

t.test('whatever its size, a body arrives whole, with the digests of its bytes', async (t) => {
  const all = randomBytes(5 * MIB + 7);
  for (const [size, chunk] of [
    [0, 1],
    [1, 1],
    [IN_MEMORY_BYTES - 1, 65_536],
    [IN_MEMORY_BYTES, 65_536],
    [IN_MEMORY_BYTES + 1, 65_536],
    [IN_MEMORY_BYTES + 1, 10 * MIB],
    [MIB - 1, 100_000],
    [MIB, 65_536],
    [MIB + 1, 65_536],
    [3 * MIB, MIB],
    [4 * MIB + 1, 999_983],
    [5 * MIB + 7, 10 * MIB],
  ] as const) {
    const body = all.subarray(0, size);
    const about = receiving(t);
    const received = await send(about, body, chunk);
    const expected = digestBody({ md5: true, sha256: true, algorithms: ALGORITHMS }, body);
    const what = `${size} in chunks of ${chunk}`;
    t.equal(received.size, size, what);
    t.equal(received.md5, md5Of(body));
    t.equal(received.sha256, createHash('sha256').update(body).digest('hex'));
    t.strictSame(received.checksums, expected.checksums);
    const { bytes, destination } = about.receiver.take();
    const large = size > IN_MEMORY_BYTES;
    t.equal(about.claims, large ? 1 : 0, 'a place is asked for once, by a large body');
    t.equal(destination === undefined, !large);
    t.ok(body.equals(large ? readFileSync(about.path) : (bytes ?? Buffer.alloc(0))), what);
    about.receiver.discard();
    t.strictSame(about.dropped, [], 'who took it has it');
  }
});

t.test('a large body begins where in the file it was told', async (t) => {
  const body = randomBytes(2 * MIB + 3);
  const about = receiving(t, { offset: 4096 });
  await send(about, body, 200_000);
  const file = readFileSync(about.path);
  t.equal(file.length, 4096 + body.length);
  t.ok(file.subarray(4096).equals(body));
});

t.test('the sender waits while there is nowhere to put the bytes', async (t) => {
  let give: (destination: Destination) => void = () => undefined;
  const claimed = new Promise<Destination>((resolve) => (give = resolve));
  const about = receiving(t, { claim: () => claimed });
  t.equal(about.receiver.write(Buffer.alloc(IN_MEMORY_BYTES)), undefined, 'in memory at once');
  let taken = false;
  const writing = Promise.resolve(about.receiver.write(Buffer.alloc(10, 1))).then(() => (taken = true));
  await new Promise(setImmediate);
  t.notOk(taken);
  const fd = openSync(about.path, 'r+');
  t.teardown(() => closeSync(fd));
  give({ fd, offset: 0 });
  await writing;
  t.equal(about.receiver.write(Buffer.alloc(1000, 2)), undefined, 'a block with room takes it at once');
  const filling = about.receiver.write(Buffer.alloc(MIB, 3));
  t.ok(filling instanceof Promise, 'what fills one is waited for');
  await filling;
  about.receiver.discard();
});

t.test('a disk that fails fails the body, by what the system said', async (t) => {
  const { path } = receiving(t);
  for (const [file, flags, code] of [
    ['/dev/full', 'w', 'NoSpace'],
    [path, 'r', 'Internal'],
  ] as const) {
    const fd = openSync(file, flags);
    const about = receiving(t, { claim: () => Promise.resolve({ fd, offset: 0 }) });
    await about.receiver.write(Buffer.alloc(2 * MIB));
    await t.rejects(about.receiver.finish(), { name: 'StoreError', code });
    t.throws(() => about.receiver.take(), { code: 'Internal' });
    const writing = async (): Promise<void> => {
      for (let again = 0; again < 8; again++) await about.receiver.write(Buffer.alloc(MIB));
    };
    await t.rejects(writing(), { code }, 'the sender is told as well');
    about.receiver.discard();
    while (about.dropped.length === 0) await sleep(5);
    closeSync(fd);
  }
});

t.test('no place for it: the sender is told, and there is no body', async (t) => {
  const refusal = Object.assign(new Error('refused'), { code: 'EDQUOT' });
  const about = receiving(t, { claim: () => Promise.reject(refusal) });
  await t.rejects(Promise.resolve(about.receiver.write(Buffer.alloc(MIB))), { message: 'refused' });
  await t.rejects(about.receiver.finish(), { code: 'IncompleteBody' });
  about.receiver.discard();
  t.strictSame(about.dropped, []);
});

t.test('a body given up is dropped once, and is no body any more', async (t) => {
  const small = receiving(t);
  await small.receiver.write(Buffer.from('small'));
  small.receiver.discard();
  await t.rejects(small.receiver.finish(), { code: 'IncompleteBody' });
  t.throws(() => small.receiver.take(), { code: 'Internal' });

  const large = receiving(t);
  await large.receiver.write(Buffer.alloc(3 * MIB));
  large.receiver.discard();
  large.receiver.discard();
  while (large.dropped.length === 0) await sleep(5);
  t.equal(large.dropped.length, 1);
  await t.rejects(large.receiver.finish());
  t.throws(() => large.receiver.take(), { code: 'Internal' });

  const finished = receiving(t);
  await send(finished, Buffer.alloc(MIB), MIB);
  finished.receiver.discard();
  while (finished.dropped.length === 0) await sleep(5);
  t.throws(() => finished.receiver.take(), { code: 'Internal' });
});

t.test('given up while it waits for a place, it gives the place back', async (t) => {
  let give: (destination: Destination) => void = () => undefined;
  const about = receiving(t, { claim: () => new Promise((resolve) => (give = resolve)) });
  const writing = Promise.resolve(about.receiver.write(Buffer.alloc(MIB)));
  about.receiver.discard();
  t.strictSame(about.dropped, []);
  give({ fd: -1, offset: 0 });
  await t.rejects(writing, { code: 'IncompleteBody' });
  t.strictSame(about.dropped, [{ fd: -1, offset: 0 }]);
});

t.test('its place is given back only when nothing writes there any more, nor will', async (t) => {
  // Every thread of libuv’s pool waits to open a pipe that nobody writes to: the disk’s turn comes later.
  const directory = mkdtempSync(`${tmpdir()}/pipe-`);
  t.teardown(() => rmSync(directory, { recursive: true }));
  const pipe = `${directory}/pipe`;
  execFileSync('mkfifo', [pipe]);
  const threads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4);
  const opened = Array.from(
    { length: threads },
    () =>
      new Promise<number>((resolve, reject) =>
        open(pipe, 'r', (error, fd) => (error ? reject(error) : resolve(fd))),
      ),
  );
  const about = receiving(t, { drop: ({ fd }) => t.equal(fstatSync(fd).size, 2 * MIB, 'all was written') });
  await about.receiver.write(Buffer.alloc(2 * MIB + 5));
  about.receiver.discard();
  await sleep(20);
  t.strictSame(about.dropped, []);
  await t.rejects(Promise.resolve(about.receiver.write(Buffer.alloc(4 * MIB))), { code: 'IncompleteBody' });
  const writer = openSync(pipe, 'r+');
  for (const fd of await Promise.all(opened)) closeSync(fd);
  closeSync(writer);
  while (about.dropped.length === 0) await sleep(5);
  await sleep(20);
  t.equal(readFileSync(about.path).length, 2 * MIB);
});
