/**
 * The thread of one lane: it hashes the blocks it is sent, one after another, whichever stream's they are.
 * Here is also what the two sides say to each other, by postMessage, which keeps the order.
 */
import { parentPort } from 'node:worker_threads';
import type { ChecksumAlgorithm } from '../checksum.js';
import { createDigest, type Digest } from './digest.js';
import { prepareHashes } from './wasm.js';

/** Streams are numbers, never used twice in one thread. */
export type LaneRequest =
  | { readonly kind: 'open'; readonly stream: number; readonly algorithms: readonly ChecksumAlgorithm[] }
  | { readonly kind: 'block'; readonly stream: number; readonly block: Uint8Array<SharedArrayBuffer> }
  | { readonly kind: 'finish'; readonly stream: number }
  | { readonly kind: 'abandon'; readonly stream: number };

export type LaneReply =
  /** The oldest block of the stream that was not answered for has been read. */
  | { readonly kind: 'read'; readonly stream: number }
  /** The answer to `finish`: the raw digests of the algorithms opened with. */
  | {
      readonly kind: 'digests';
      readonly stream: number;
      readonly digests: Map<ChecksumAlgorithm, Uint8Array>;
    };

const port = parentPort;
if (port === null) throw new Error('lane-worker is the entry of a worker thread');

const streams = new Map<number, ReadonlyMap<ChecksumAlgorithm, Digest>>();
const reply = (message: LaneReply): void => port.postMessage(message);

await prepareHashes();
port.on('message', (request: LaneRequest) => {
  const { stream } = request;
  switch (request.kind) {
    case 'open':
      streams.set(
        stream,
        new Map(request.algorithms.map((algorithm) => [algorithm, createDigest(algorithm)])),
      );
      break;
    case 'block':
      for (const digest of streams.get(stream)?.values() ?? []) digest.update(request.block);
      reply({ kind: 'read', stream });
      break;
    case 'finish': {
      const digests = new Map<ChecksumAlgorithm, Uint8Array>();
      for (const [algorithm, digest] of streams.get(stream) ?? []) {
        digests.set(algorithm, new Uint8Array(digest.digest())); // a copy: not the pool it may lie in
      }
      streams.delete(stream);
      reply({ kind: 'digests', stream, digests });
      break;
    }
    case 'abandon':
      streams.delete(stream);
      break;
  }
});
