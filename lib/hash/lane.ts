/**
 * One hash thread as its users see it. A stream's part in it is a `LaneTrack`; each track has at most
 * two blocks under way in the thread and keeps the others back, so that streams get equal turns.
 * The thread keeps the process alive only while a track is open.
 */
import { Worker } from 'node:worker_threads';
import type { ChecksumAlgorithm } from '../checksum.js';
import { StoreError, toStoreError } from '../errors.js';
import type { LaneReply, LaneRequest } from './lane-worker.js';

/** One being hashed and the next at hand: the thread never waits for the main loop between them. */
const UNDER_WAY = 2;

export type RawDigests = ReadonlyMap<ChecksumAlgorithm, Uint8Array>;

interface Settle<T> {
  resolve(value: T): void;
  reject(error: StoreError): void;
}

interface PendingBlock extends Settle<void> {
  readonly block: Uint8Array<SharedArrayBuffer>;
}

export class Lane {
  readonly #worker: Worker;
  readonly #tracks = new Map<number, LaneTrack>();
  readonly #idleMilliseconds: number;
  #idle: NodeJS.Timeout | undefined;
  #nextStream = 0;
  #ended = false;
  #started = false;

  /** Starts the thread, which ends by itself after so long without a track. */
  constructor(idleMilliseconds: number) {
    this.#idleMilliseconds = idleMilliseconds;
    this.#worker = new Worker(new URL('./lane-worker.js', import.meta.url), {
      name: 'hash lane',
      // Not the process's own: `--input-type`, for one, is an error in a thread.
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.once('online', () => (this.#started = true));
    this.#worker.on('message', (reply: LaneReply) => this.#tracks.get(reply.stream)?.receive(reply));
    this.#worker.on('messageerror', (error) => this.#end(error));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(undefined));
  }

  /** The thread is gone, or about to go: take another lane. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many tracks are open. */
  get load(): number {
    return this.#tracks.size;
  }

  open(algorithms: readonly ChecksumAlgorithm[]): LaneTrack {
    const stream = this.#nextStream++;
    const track = new LaneTrack(
      (request) => this.#worker.postMessage(request),
      () => this.#release(stream),
      stream,
    );
    if (this.#tracks.size === 0) this.#worker.ref();
    clearTimeout(this.#idle);
    this.#tracks.set(stream, track);
    this.#worker.postMessage({ kind: 'open', stream, algorithms } satisfies LaneRequest);
    return track;
  }

  /** Ends the thread; open tracks reject. */
  async close(): Promise<void> {
    this.#end(undefined);
    await this.#worker.terminate();
  }

  #release(stream: number): void {
    this.#tracks.delete(stream);
    if (this.#tracks.size > 0 || this.#ended) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => void this.close(), this.#idleMilliseconds).unref();
  }

  /** A thread that could not be started wants descriptors or memory: for a while, so that is `Busy`. */
  #fail(cause: unknown): void {
    if (this.#started && toStoreError(cause, 'hash').code === 'Internal') this.#end(cause);
    else this.#end(cause, new StoreError('Busy', 'no hash thread could be started', {}, cause));
  }

  #end(
    cause: unknown,
    error = new StoreError('Internal', 'a hash thread ended before its streams did', {}, cause),
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#idle);
    for (const track of this.#tracks.values()) track.fail(error);
    void this.#worker.terminate();
  }
}

export class LaneTrack {
  readonly #post: (request: LaneRequest) => void;
  readonly #release: () => void;
  readonly #stream: number;
  readonly #waiting: PendingBlock[] = [];
  readonly #underWay: PendingBlock[] = [];
  #finish: Settle<RawDigests> | undefined;
  #finishSent = false;
  #failure: StoreError | undefined;

  /** Made by `Lane.open`. `release` is called once, when the track is done with. */
  constructor(post: (request: LaneRequest) => void, release: () => void, stream: number) {
    this.#post = post;
    this.#release = release;
    this.#stream = stream;
  }

  /** Resolves when the block has been read. @throws StoreError Internal: the thread ended. */
  update(block: Uint8Array<SharedArrayBuffer>): Promise<void> {
    return this.#promise((settle) => {
      this.#waiting.push({ block, ...settle });
      this.#send();
    });
  }

  /** The digests, when all blocks have been read. @throws StoreError Internal: the thread ended. */
  finish(): Promise<RawDigests> {
    return this.#promise((settle) => {
      this.#finish = settle;
      this.#send();
    });
  }

  /** Gives the track up: what is pending rejects. Nothing happens when it is done with already. */
  abandon(): void {
    if (this.#failure !== undefined) return;
    this.#post({ kind: 'abandon', stream: this.#stream });
    this.fail(new StoreError('Internal', 'the hash stream was abandoned'));
  }

  /** The lane's: what the thread answered. */
  receive(reply: LaneReply): void {
    if (reply.kind === 'read') {
      this.#underWay.shift()?.resolve();
      this.#send();
      return;
    }
    this.#finish?.resolve(reply.digests);
    this.#finish = undefined;
    this.fail(new StoreError('Internal', 'the hash stream is finished'));
  }

  /** The lane's: ends the track; what is pending, or comes later, rejects with this. */
  fail(error: StoreError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    for (const pending of [...this.#underWay.splice(0), ...this.#waiting.splice(0)]) pending.reject(error);
    this.#finish?.reject(error);
    this.#release();
  }

  #send(): void {
    while (this.#underWay.length < UNDER_WAY) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#underWay.push(next);
      this.#post({ kind: 'block', stream: this.#stream, block: next.block });
    }
    if (this.#finish === undefined || this.#finishSent || this.#waiting.length > 0) return;
    this.#finishSent = true;
    this.#post({ kind: 'finish', stream: this.#stream });
  }

  #promise<T>(start: (settle: Settle<T>) => void): Promise<T> {
    const failure = this.#failure;
    return new Promise<T>((resolve, reject) => {
      if (failure === undefined) start({ resolve, reject });
      else reject(failure);
    });
  }
}
