/**
 * The door to hash-wasm: xxHash (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), seed 0.
 * hash-wasm makes its hashers asynchronously, and a server hashes any number of bodies at once, so each
 * thread makes one hasher per algorithm at start and the streams take turns with it: whoever comes next
 * puts the state of the one before aside (84 to 580 bytes). An abandoned stream therefore holds nothing.
 */
import { createRequire } from 'node:module';
import type * as HashWasm from 'hash-wasm';
import { StoreError } from '../errors.js';
import type { Digest } from './digest.js';

export type WasmAlgorithm = 'XXHASH64' | 'XXHASH3' | 'XXHASH128';

type Seat = { readonly hasher: HashWasm.IHasher; occupant: WasmDigest | undefined };

let seats: Readonly<Record<WasmAlgorithm, Seat>> | undefined;
let preparing: Promise<void> | undefined;

/** Once per thread, before its first digest; more calls do no harm. */
export function prepareHashes(): Promise<void> {
  preparing ??= prepare();
  return preparing;
}

/** Three files out of the package: its index brings every hash there is, 8 MB on each thread. */
async function prepare(): Promise<void> {
  const load = createRequire(import.meta.url) as (file: string) => typeof HashWasm;
  const { createXXHash64 } = load('hash-wasm/dist/xxhash64.umd.min.js');
  const { createXXHash3 } = load('hash-wasm/dist/xxhash3.umd.min.js');
  const { createXXHash128 } = load('hash-wasm/dist/xxhash128.umd.min.js');
  const [xxh64, xxh3, xxh128] = await Promise.all([createXXHash64(), createXXHash3(), createXXHash128()]);
  seats = {
    XXHASH64: { hasher: xxh64, occupant: undefined },
    XXHASH3: { hasher: xxh3, occupant: undefined },
    XXHASH128: { hasher: xxh128, occupant: undefined },
  };
}

/** @throws StoreError Internal: `prepareHashes()` has not been awaited in this thread. */
export function createWasmDigest(algorithm: WasmAlgorithm): Digest {
  return new WasmDigest(seatOf(algorithm));
}

/** The digest of a whole buffer. @throws StoreError Internal, as above. */
export function wasmDigestOf(algorithm: WasmAlgorithm, buffer: Uint8Array): Buffer {
  const seat = seatOf(algorithm);
  seat.occupant?.leave();
  seat.hasher.init();
  seat.hasher.update(buffer);
  return bufferOf(seat.hasher.digest('binary'));
}

function seatOf(algorithm: WasmAlgorithm): Seat {
  if (seats === undefined) throw new StoreError('Internal', 'prepareHashes() was not awaited in this thread');
  return seats[algorithm];
}

class WasmDigest implements Digest {
  readonly #seat: Seat;
  /** The state put aside; undefined before the first byte, and while seated. */
  #saved: Uint8Array | undefined;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  update(chunk: Uint8Array): void {
    this.#sit();
    this.#seat.hasher.update(chunk);
  }

  digest(): Buffer {
    this.#sit();
    this.#seat.occupant = undefined;
    return bufferOf(this.#seat.hasher.digest('binary'));
  }

  /** Makes room for another stream. */
  leave(): void {
    this.#saved = this.#seat.hasher.save();
    this.#seat.occupant = undefined;
  }

  #sit(): void {
    const seat = this.#seat;
    if (seat.occupant === this) return;
    seat.occupant?.leave();
    seat.hasher.init();
    if (this.#saved !== undefined) seat.hasher.load(this.#saved);
    this.#saved = undefined;
    seat.occupant = this;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
