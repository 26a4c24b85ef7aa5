/**
 * Receiving a body in constant memory. A small one is kept and hashed where it arrives; a larger one goes block by
 * block to the hash threads and the disk, and when they do not keep up the sender waits.
 */
import { StoreError } from '../errors.js';
import { digestBody, type DigestResult, type DigestSpec } from '../hash/body-digests.js';
import type { HashLanes } from '../hash/lanes.js';
import { Blocks } from './blocks.js';
import { type Destination, givenUp, LargeBody } from './large-body.js';
import type { Eventually, ReceivedBody, ReceiveOptions, Receiver } from './store.js';

/** Up to this many bytes a body stays in memory. */
export const IN_MEMORY_BYTES = 128 * 1024;

export type { Destination } from './large-body.js';

/** This process's, for all the bodies it receives. */
const blocks = new Blocks();

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
    this.#large = new LargeBody(destination, this.#lanes.open(this.#spec), blocks);
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

/** Memory of its own, which can be handed to another thread, with whatever was in it before. */
function uncleared(size: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(size);
}

function resized(bytes: Uint8Array, filled: number, size: number): Uint8Array<ArrayBuffer> {
  const other = uncleared(size);
  other.set(bytes.subarray(0, filled));
  return other;
}
