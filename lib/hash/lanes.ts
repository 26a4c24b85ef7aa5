/**
 * Hashing large bodies on threads. MD5 is slow and cannot be divided, so it has a thread of
 * its own and the other algorithms share a second: what is usually asked keeps up with MD5 there.
 * Blocks of 1 MiB are best, two under way: the messages then take 3 % of the main loop, at 256 KiB 10 %.
 */
import type { ChecksumAlgorithm } from '../checksum.js';
import { algorithmsOf, resultOf, type DigestResult, type DigestSpec } from './body-digests.js';
import { Lane, type LaneTrack } from './lane.js';

const IDLE_MILLISECONDS = 30_000;

export interface LaneOptions {
  /** Pairs of threads, one of each pair for MD5. Every stream keeps to one pair. Default 1. */
  readonly pairs?: number;
  /** A thread without a stream for so long ends. Default 30 000. */
  readonly idleMilliseconds?: number;
}

interface Pair {
  md5: Lane | undefined;
  others: Lane | undefined;
}

/** The hash threads of a process. They start when first needed. */
export class HashLanes {
  readonly #pairs: Pair[];
  readonly #idleMilliseconds: number;

  constructor({ pairs = 1, idleMilliseconds = IDLE_MILLISECONDS }: LaneOptions = {}) {
    this.#pairs = Array.from({ length: pairs }, () => ({ md5: undefined, others: undefined }));
    this.#idleMilliseconds = idleMilliseconds;
  }

  /** Starts the digests of one body. Must end with `finish` or `abandon`. */
  open(spec: DigestSpec): LaneStream {
    const pair = this.#pairs.reduce((least, other) => (loadOf(other) < loadOf(least) ? other : least));
    const algorithms = algorithmsOf(spec);
    const tracks: LaneTrack[] = [];
    for (const side of ['md5', 'others'] as const) {
      const share = algorithms.filter((algorithm) => (algorithm === 'MD5') === (side === 'md5'));
      if (share.length > 0) tracks.push(this.#lane(pair, side).open(share));
    }
    return new LaneStream(spec, tracks);
  }

  /** Ends the threads, which any later `open` starts again. Streams still open reject. */
  async close(): Promise<void> {
    const lanes = this.#pairs.flatMap(({ md5, others }) => [md5, others]);
    await Promise.all(lanes.map((lane) => lane?.close()));
  }

  #lane(pair: Pair, side: keyof Pair): Lane {
    const running = pair[side];
    if (running !== undefined && !running.ended) return running;
    const lane = new Lane(this.#idleMilliseconds);
    pair[side] = lane;
    return lane;
  }
}

/** The digests of one body. Calls are in the order of the bytes; they need not wait for each other. */
export class LaneStream {
  readonly #spec: DigestSpec;
  readonly #tracks: readonly LaneTrack[];

  /** Made by `HashLanes.open`. */
  constructor(spec: DigestSpec, tracks: readonly LaneTrack[]) {
    this.#spec = spec;
    this.#tracks = tracks;
  }

  /**
   * Hashes a block, which must not change meanwhile. Resolves when it has been read, so that its memory may
   * be used again. To keep the threads busy, send the
   * next block before this resolves.
   * @throws StoreError Internal: a hash thread ended, or the stream has. The caller may leave the
   * rejection unseen: `finish` rejects as well.
   */
  update(block: Uint8Array<SharedArrayBuffer>): Promise<void> {
    const read = this.#all((track) => track.update(block)).then(() => {});
    // A sender looks at this only when it wants the memory back; until then a failed thread must not
    // count as an unhandled rejection, which ends the process.
    read.catch(() => {});
    return read;
  }

  /** The digests of all blocks; the stream is over. @throws StoreError Internal, as above. */
  async finish(): Promise<DigestResult> {
    const digests = new Map<ChecksumAlgorithm, Buffer>();
    for (const share of await this.#all((track) => track.finish())) {
      for (const [algorithm, bytes] of share) digests.set(algorithm, Buffer.from(bytes));
    }
    return resultOf(this.#spec, digests);
  }

  /** Gives the body up: whatever is pending rejects. Idempotent; harmless after `finish`. */
  abandon(): void {
    for (const track of this.#tracks) track.abandon();
  }

  /** Asks every track; the first that fails takes the others with it. */
  async #all<T>(ask: (track: LaneTrack) => Promise<T>): Promise<T[]> {
    try {
      return await Promise.all(this.#tracks.map(ask));
    } catch (error) {
      this.abandon();
      throw error;
    }
  }
}

function loadOf({ md5, others }: Pair): number {
  return (md5?.load ?? 0) + (others?.load ?? 0);
}
