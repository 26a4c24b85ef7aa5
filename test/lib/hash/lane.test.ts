import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import t from 'tap';
import { Lane } from '../../../lib/hash/lane.js';

function block(size: number, byte: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(size)).fill(byte);
}

/** What no caller can send without a lie to the compiler: the thread throws at it, and so ends. */
const POISON = 42 as unknown as Uint8Array<SharedArrayBuffer>;

t.test('a track hashes its blocks in order, also when far more are sent than are under way', async (t) => {
  const lane = new Lane(1000);
  t.teardown(() => lane.close());
  const track = lane.open(['MD5', 'CRC32']);
  t.equal(lane.load, 1);
  const expected = createHash('md5');
  const read = Array.from({ length: 50 }, (_, index) => {
    expected.update(block(1000, index));
    return track.update(block(1000, index));
  });
  const digests = await track.finish();
  await Promise.all(read);
  t.equal(Buffer.from(digests.get('MD5') ?? []).toString('hex'), expected.digest('hex'));
  t.equal(digests.get('CRC32')?.length, 4);
  t.equal(lane.load, 0);
});

t.test('a stream that sends everything at once does not keep another from its turn', async (t) => {
  const lane = new Lane(1000);
  t.teardown(() => lane.close());
  const [greedy, modest] = [lane.open(['SHA512']), lane.open(['SHA512'])];
  let greedyRead = 0;
  const all = Array.from({ length: 100 }, () => greedy.update(block(10_000, 1)).then(() => greedyRead++));
  await modest.update(block(10_000, 2));
  t.ok(greedyRead < 10, `${greedyRead} of 100 blocks came before the other stream's first`);
  await Promise.all(all);
  greedy.abandon();
  modest.abandon();
});

t.test('when the thread ends, what is pending and what comes later rejects', async (t) => {
  const lane = new Lane(1000);
  const [one, two] = [lane.open(['MD5']), lane.open(['MD5'])];
  const pending = [one.update(POISON), one.finish(), two.update(block(10, 1)), two.finish()];
  const outcomes = await Promise.allSettled(pending);
  // The other stream's block may have been answered before the thread came to its end.
  for (const index of [0, 1, 3]) {
    const outcome = outcomes[index];
    t.match(outcome, { status: 'rejected', reason: { name: 'StoreError', code: 'Internal' } });
  }
  t.ok(lane.ended);
  t.equal(lane.load, 0);
  await t.rejects(two.update(block(10, 1)), { name: 'StoreError', code: 'Internal' });
});

t.test('an abandoned track rejects what is pending, and the lane goes on', async (t) => {
  const lane = new Lane(1000);
  t.teardown(() => lane.close());
  const track = lane.open(['MD5']);
  const pending = [track.update(block(100_000, 1)), track.finish()];
  track.abandon();
  track.abandon();
  for (const outcome of await Promise.allSettled(pending)) {
    t.match(outcome, { status: 'rejected', reason: { code: 'Internal' } });
  }
  const next = lane.open(['MD5']);
  await next.update(block(3, 0x61));
  const digest = (await next.finish()).get('MD5');
  t.equal(Buffer.from(digest ?? []).toString('hex'), createHash('md5').update('aaa').digest('hex'));
});

t.test('a lane without a track ends after a while, one with a track does not', async (t) => {
  const lane = new Lane(10);
  const track = lane.open(['MD5']);
  await wait(60);
  t.notOk(lane.ended);
  await track.finish();
  while (!lane.ended) await wait(5);
  t.pass('ended by itself');
});
