/** A large body on its way to the hash threads and the disk: the thread that receives it only copies. */
import { write } from 'node:fs';
import { StoreError, toStoreError } from '../errors.js';
import type { DigestResult } from '../hash/body-digests.js';
import type { LaneStream } from '../hash/lanes.js';
import { startWriting } from '../os/fsync.js';
import { copyBytes } from '../os/memory.js';
import { type Block, BLOCK_BYTES, type Blocks } from './blocks.js';
import type { Eventually } from './store.js';

/** Where a large body is written. */
export interface Destination {
  readonly fd: number;
  /** Where in the file its first byte goes. */
  readonly offset: number;
  /** The disk may begin while the body still comes: it will be waited for. */
  readonly eager?: boolean;
}

/** How much is written before the disk is told to begin. */
const EAGER_BYTES = 8 * 1024 * 1024;

export function givenUp(): StoreError {
  return new StoreError('IncompleteBody', 'the body was given up');
}

export class LargeBody {
  readonly #destination: Destination;
  readonly #hashes: LaneStream;
  readonly #blocks: Blocks;
  /** What is being hashed and written; each resolves when its block is free again. */
  readonly #underWay = new Set<Promise<void>>();
  #block: Block | undefined;
  #filled = 0;
  #position: number;
  /** Up to here the disk was told to begin. */
  #begun: number;
  #beginning: Promise<void> | undefined;
  #failure: StoreError | undefined;

  constructor(destination: Destination, hashes: LaneStream, blocks: Blocks) {
    this.#destination = destination;
    this.#hashes = hashes;
    this.#blocks = blocks;
    this.#position = destination.offset;
    this.#begun = destination.offset;
  }

  /** Synchronous while there is room in the block. @throws StoreError what hashing or the disk failed with */
  write(chunk: Uint8Array): Eventually<void> {
    if (this.#block !== undefined && this.#filled + chunk.length < BLOCK_BYTES) {
      copyBytes(chunk, this.#block, this.#filled);
      this.#filled += chunk.length;
      return;
    }
    return this.#writeOn(chunk);
  }

  async #writeOn(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      // Given up while it waited: nothing may be sent any more.
      if (this.#failure !== undefined) throw this.#failure;
      const block = (this.#block ??= this.#blocks.take(this.#underWay.size));
      if (block === undefined) {
        await Promise.race(this.#underWay);
        continue;
      }
      const part = chunk.subarray(at, at + BLOCK_BYTES - this.#filled);
      copyBytes(part, block, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === BLOCK_BYTES) this.#send(block);
    }
  }

  #send(block: Block): void {
    const bytes = block.subarray(0, this.#filled);
    const position = this.#position;
    this.#position += bytes.length;
    this.#block = undefined;
    this.#filled = 0;
    const work = this.#settled([
      this.#hashes.update(bytes),
      writeAll(this.#destination.fd, bytes, position).then(() => this.#begin(position + bytes.length)),
    ]).finally(() => {
      this.#underWay.delete(work);
      this.#blocks.give(block);
    });
    this.#underWay.add(work);
  }

  /** One hint at a time: a disk that is slow is not hurried by more. */
  #begin(written: number): void {
    const length = written - this.#begun;
    if (this.#destination.eager !== true || length < EAGER_BYTES || this.#beginning !== undefined) return;
    this.#beginning = startWriting(this.#destination.fd, this.#begun, length).then(() => {
      this.#beginning = undefined;
    });
    this.#begun = written;
  }

  /** Both, even when one has failed: as long as the disk is at work, the descriptor must not be closed. */
  async #settled(works: readonly Promise<void>[]): Promise<void> {
    for (const work of await Promise.allSettled(works)) {
      if (work.status === 'rejected') this.#failure ??= toStoreError(work.reason, 'write');
    }
  }

  async finish(): Promise<DigestResult> {
    if (this.#block !== undefined && this.#failure === undefined) this.#send(this.#block);
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
    await Promise.all(this.#underWay);
    await this.#beginning;
    if (this.#block !== undefined) this.#blocks.give(this.#block);
    this.#block = undefined;
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
