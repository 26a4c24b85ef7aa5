import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../lib/checksum.js';
import { digestOf } from '../../../lib/hash/digest.js';
import type { LaneReply, LaneRequest } from '../../../lib/hash/lane-worker.js';
import { prepareHashes } from '../../../lib/hash/wasm.js';

await prepareHashes();

function start(t: Test): { send: (...requests: LaneRequest[]) => void; reply: () => Promise<LaneReply> } {
  const worker = new Worker(new URL('../../../lib/hash/lane-worker.js', import.meta.url));
  t.teardown(() => worker.terminate());
  const replies: LaneReply[] = [];
  worker.on('message', (reply: LaneReply) => replies.push(reply));
  return {
    send: (...requests) => requests.forEach((request) => worker.postMessage(request)),
    async reply() {
      while (replies.length === 0) await once(worker, 'message');
      return replies.shift() as LaneReply;
    },
  };
}

function shared(text: string): Uint8Array<SharedArrayBuffer> {
  const bytes = new Uint8Array(new SharedArrayBuffer(text.length));
  bytes.set(Buffer.from(text));
  return bytes;
}

t.test('the thread answers each block, and the end with every digest asked for', async (t) => {
  const { send, reply } = start(t);
  send(
    { kind: 'open', stream: 5, algorithms: CHECKSUM_ALGORITHMS },
    { kind: 'block', stream: 5, block: shared('12345') },
    { kind: 'block', stream: 5, block: shared('6789') },
    { kind: 'finish', stream: 5 },
  );
  t.same(await reply(), { kind: 'read', stream: 5 });
  t.same(await reply(), { kind: 'read', stream: 5 });
  const last = await reply();
  t.equal(last.kind, 'digests');
  if (last.kind !== 'digests') return;
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const hex = Buffer.from(last.digests.get(algorithm) ?? []).toString('hex');
    t.equal(hex, digestOf(algorithm, Buffer.from('123456789')).toString('hex'), algorithm);
  }
});

t.test('an abandoned stream leaves the others as they are', async (t) => {
  const { send, reply } = start(t);
  send(
    { kind: 'open', stream: 1, algorithms: ['XXHASH3'] },
    { kind: 'open', stream: 2, algorithms: ['XXHASH3'] },
    { kind: 'block', stream: 1, block: shared('lost') },
    { kind: 'block', stream: 2, block: shared('kept') },
    { kind: 'abandon', stream: 1 },
    { kind: 'finish', stream: 2 },
  );
  t.same(await reply(), { kind: 'read', stream: 1 });
  t.same(await reply(), { kind: 'read', stream: 2 });
  const last = await reply();
  const digest = last.kind === 'digests' ? last.digests.get('XXHASH3') : undefined;
  t.equal(
    Buffer.from(digest ?? []).toString('hex'),
    digestOf('XXHASH3', Buffer.from('kept')).toString('hex'),
  );
});
