/**
 * Receiving a body in constant memory. A small one is kept and hashed where it arrives. A larger one is copied
 * into shared blocks that the hash threads and the disk read at the same time, so that the thread that serves
 * HTTP only copies; when all blocks are busy the sender waits.
 */
import { write } from 'node:fs';
import { StoreError, toStoreError } from '../errors.js';
import { digestBody, type DigestResult, type DigestSpec } from '../hash/body-digests.js';
import type { HashLanes, LaneStream } from '../hash/lanes.js';
import { copyBytes } from '../os/memory.js';
import type { Eventually, ReceivedBody, ReceiveOptions, Receiver } from './store.js';

/** Up to this many bytes a body stays in memory. */
export const IN_MEMORY_BYTES = 128 * 1024;
const BLOCK_BYTES = 1024 * 1024;
/** One filling, the others being hashed and written. */
const BLOCKS = 3;

/** Where a large body is written. */
export interface Destination {
  readonly fd: number;
  /** Where in the file its first byte goes. */
  readonly offset: number;
}

export interface Destinations<D extends Destination> {
  /** Asked once the body turns out to be large. */
  claim(): Promise<D>;
  /** The body will not be published. */
  drop(destination: D): void;
}

/** A received body: in memory, or at its destination. */
export interface Content<D extends Destination> {
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  readonly destination: D | undefined;
}

interface Block {
  readonly bytes: Buffer<SharedArrayBuffer>;
  /** Hashed and written. */
  done: Promise<void>;
}

export class BodyReceiver<D extends Destination> implements Receiver {
  readonly #lanes: HashLanes;
  readonly #spec: DigestSpec;
  readonly #destinations: Destinations<D>;
  /** The body's memory while it is small, as far as `#size` tells filled. */
  #small: Uint8Array<ArrayBuffer> | undefined;
  #size = 0;
  #large: LargeBody | undefined;
  #destination: D | undefined;
  #content: Content<D> | undefined;
  #discarded = false;

  constructor(lanes: HashLanes, options: ReceiveOptions, destinations: Destinations<D>) {
    this.#lanes = lanes;
    this.#spec = { md5: true, sha256: options.payloadSha256, algorithms: options.algorithms };
    this.#destinations = destinations;
    this.#small = uncleared(Math.min(options.size ?? 0, IN_MEMORY_BYTES));
  }

  write(chunk: Uint8Array): Eventually<void> {
    const before = this.#size;
    this.#size += chunk.length;
    if (this.#large !== undefined) return this.#large.write(chunk);
    if (this.#size > IN_MEMORY_BYTES) return this.#grow(chunk, before);
    if (this.#small === undefined) return;
    if (this.#small.length < this.#size) {
      const room = Math.min(Math.max(this.#size, 2 * before), IN_MEMORY_BYTES);
      this.#small = resized(this.#small, before, room);
    }
    this.#small.set(chunk, before);
  }

  async #grow(chunk: Uint8Array, before: number): Promise<void> {
    const first = this.#small?.subarray(0, before);
    this.#small = undefined;
    const destination = await this.#destinations.claim();
    if (this.#discarded) {
      this.#destinations.drop(destination);
      throw givenUp();
    }
    this.#destination = destination;
    this.#large = new LargeBody(destination, this.#lanes.open(this.#spec));
    if (first !== undefined) await this.#large.write(first);
    await this.#large.write(chunk);
  }

  async finish(): Promise<ReceivedBody> {
    const { md5, sha256, checksums } =
      this.#large === undefined ? this.#hashSmall() : await this.#large.finish();
    if (md5 === undefined) throw new StoreError('Internal', 'no MD5 was computed');
    this.#content ??= { bytes: undefined, destination: this.#destination };
    return { receiver: this, size: this.#size, md5, sha256, checksums };
  }

  #hashSmall(): DigestResult {
    if (this.#small === undefined) throw givenUp();
    const bytes =
      this.#small.length === this.#size ? this.#small : resized(this.#small, this.#size, this.#size);
    this.#content = { bytes, destination: undefined };
    return digestBody(this.#spec, bytes);
  }

  /** Hands the finished body over to who publishes it: from here `discard` does nothing. */
  take(): Content<D> {
    const content = this.#content;
    if (content === undefined)
      throw new StoreError('Internal', 'this body is not finished, or was published');
    this.#content = undefined;
    this.#destination = undefined;
    return content;
  }

  discard(): void {
    this.#discarded = true;
    this.#small = undefined;
    this.#content = undefined;
    const destination = this.#destination;
    this.#destination = undefined;
    if (destination === undefined) return;
    const large = this.#large;
    void (large?.abandon() ?? Promise.resolve()).then(() => this.#destinations.drop(destination));
  }
}

function givenUp(): StoreError {
  return new StoreError('IncompleteBody', 'the body was given up');
}

/** Memory of its own, which can be handed to another thread, with whatever was in it before. */
function uncleared(size: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(size);
}

function resized(bytes: Uint8Array, filled: number, size: number): Uint8Array<ArrayBuffer> {
  const other = uncleared(size);
  other.set(bytes.subarray(0, filled));
  return other;
}

/** Blocks on their way to the hash threads and the disk. */
class LargeBody {
  readonly #destination: Destination;
  readonly #hashes: LaneStream;
  readonly #blocks: Block[] = [];
  #turn = 0;
  #filled = 0;
  #position: number;
  #failure: StoreError | undefined;

  constructor(destination: Destination, hashes: LaneStream) {
    this.#destination = destination;
    this.#hashes = hashes;
    this.#position = destination.offset;
  }

  /** Synchronous while there is room in the block. */
  write(chunk: Uint8Array): Eventually<void> {
    const block = this.#blocks[this.#turn];
    if (block !== undefined && this.#filled > 0 && this.#filled + chunk.length < BLOCK_BYTES) {
      copyBytes(chunk, block.bytes, this.#filled);
      this.#filled += chunk.length;
      return;
    }
    return this.#writeOn(chunk);
  }

  async #writeOn(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const block = await this.#current();
      const part = chunk.subarray(at, at + BLOCK_BYTES - this.#filled);
      copyBytes(part, block.bytes, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK_BYTES) this.#send();
    }
  }

  /** The block to fill, once what it held before has been hashed and written. */
  async #current(): Promise<Block> {
    const block = (this.#blocks[this.#turn] ??= {
      bytes: Buffer.from(new SharedArrayBuffer(BLOCK_BYTES)),
      done: Promise.resolve(),
    });
    if (this.#filled === 0) await block.done;
    if (this.#failure !== undefined) throw this.#failure;
    return block;
  }

  #send(): void {
    const block = this.#blocks[this.#turn];
    if (block === undefined || this.#filled === 0 || this.#failure !== undefined) return;
    const bytes = block.bytes.subarray(0, this.#filled);
    const position = this.#position;
    this.#position += bytes.length;
    this.#filled = 0;
    this.#turn = (this.#turn + 1) % BLOCKS;
    block.done = this.#settled([this.#hashes.update(bytes), writeAll(this.#destination.fd, bytes, position)]);
  }

  /** Both, even when one has failed: as long as the disk is at work, the descriptor must not be closed. */
  async #settled(works: readonly Promise<void>[]): Promise<void> {
    for (const work of await Promise.allSettled(works)) {
      if (work.status === 'rejected') this.#failure ??= toStoreError(work.reason, 'write');
    }
  }

  async finish(): Promise<DigestResult> {
    this.#send();
    await this.#idle();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#hashes.finish();
  }

  /** Resolves when nothing writes to the destination any more, nor will. */
  async abandon(): Promise<void> {
    this.#failure ??= givenUp();
    this.#hashes.abandon();
    await this.#idle();
  }

  async #idle(): Promise<void> {
    for (const block of this.#blocks) await block.done;
  }
}

/** pwrite(2) on libuv's pool, until all is written. */
function writeAll(fd: number, bytes: Uint8Array, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (at: number): void => {
      write(fd, bytes, at, bytes.length - at, position + at, (error, count) => {
        if (error !== null) reject(error);
        else if (at + count === bytes.length) resolve();
        else next(at + count);
      });
    };
    next(0);
  });
}
