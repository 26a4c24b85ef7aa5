/**
 * Whether content is what its record says: the entity tag, and every checksum that can be computed from the
 * whole or from its parts. Fed with the content once, from the start.
 */
import type { Checksum, ChecksumAlgorithm } from '../checksum.js';
import { compositeChecksum, multipartEtag } from '../hash/composite.js';
import { createDigest, type Digest } from '../hash/digest.js';
import type { Record } from './record.js';

/** What is recorded of the whole of an object. */
export interface WholeDigest {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: Buffer;
}

/** The cheapest to compute; undefined when nothing is recorded of the whole. */
export function wholeDigest({
  etag,
  checksums,
}: Pick<Record, 'etag' | 'checksums'>): WholeDigest | undefined {
  const whole = checksums.filter(({ type }) => type === 'FULL_OBJECT');
  const found = whole.find(({ algorithm }) => algorithm.startsWith('CRC')) ?? whole[0];
  if (found !== undefined) return { algorithm: found.algorithm, value: Buffer.from(found.value, 'base64') };
  return /^[0-9a-f]{32}$/.test(etag) ? { algorithm: 'MD5', value: Buffer.from(etag, 'hex') } : undefined;
}

/** One recorded value, beside what the content gives. */
export interface Compared {
  readonly what: 'ETag' | ChecksumAlgorithm;
  readonly recorded: string;
  readonly found: string;
}

export interface Fixity {
  update(chunk: Buffer): void;
  /** Once, at the end. */
  finish(): {
    readonly md5: string;
    /** The checksum AWS gives every object for which its sender names none. */
    readonly crc64nvme: Checksum;
    readonly compared: readonly Compared[];
  };
}

/** @param record undefined, or one that says nothing of the content: then there is nothing to compare */
export function startFixity(record: Pick<Record, 'etag' | 'checksums' | 'parts'> | undefined): Fixity {
  const md5 = createDigest('MD5');
  const crc64nvme = createDigest('CRC64NVME');
  const sizes = record?.parts?.map(({ size }) => size);
  const ofParts = sizes === undefined ? undefined : new PartDigests(sizes, compositesOf(record));
  const whole = new Map<Checksum, Digest>();
  for (const checksum of record?.checksums ?? []) {
    if (checksum.type === 'FULL_OBJECT') whole.set(checksum, createDigest(checksum.algorithm));
  }
  return {
    update: (chunk) => {
      md5.update(chunk);
      crc64nvme.update(chunk);
      for (const digest of whole.values()) digest.update(chunk);
      ofParts?.update(chunk);
    },
    finish: () => {
      const found = md5.digest().toString('hex');
      const compared: Compared[] = [];
      if (record !== undefined && /^[0-9a-f]{32}$/.test(record.etag)) {
        compared.push({ what: 'ETag', recorded: record.etag, found });
      }
      const parts = ofParts?.finish();
      if (record !== undefined && parts !== undefined) {
        compared.push({ what: 'ETag', recorded: record.etag, found: multipartEtag(parts.md5s) });
      }
      for (const [{ algorithm, value }, digest] of whole) {
        compared.push({ what: algorithm, recorded: value, found: digest.digest().toString('base64') });
      }
      for (const { algorithm, type, value } of record?.checksums ?? []) {
        const digests = parts?.digests.get(algorithm);
        if (type === 'FULL_OBJECT' || digests === undefined) continue;
        compared.push({ what: algorithm, recorded: value, found: compositeChecksum(algorithm, digests) });
      }
      const value = crc64nvme.digest().toString('base64');
      return { md5: found, crc64nvme: { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value }, compared };
    },
  };
}

function compositesOf(record: Pick<Record, 'checksums'> | undefined): readonly ChecksumAlgorithm[] {
  return (record?.checksums ?? [])
    .filter(({ type }) => type === 'COMPOSITE')
    .map(({ algorithm }) => algorithm);
}

/** Digests of consecutive pieces of given sizes. */
class PartDigests {
  readonly #sizes: readonly number[];
  readonly #algorithms: readonly ChecksumAlgorithm[];
  readonly #done: Buffer[][] = [];
  #running: readonly Digest[];
  #left: number;

  constructor(sizes: readonly number[], composites: readonly ChecksumAlgorithm[]) {
    this.#sizes = sizes;
    this.#algorithms = ['MD5', ...composites];
    this.#running = this.#start();
    this.#left = sizes[0] ?? 0;
  }

  #start(): readonly Digest[] {
    return this.#algorithms.map(createDigest);
  }

  update(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left === 0) this.#next();
      // Content longer than its parts: what is over goes to the last one, which then differs.
      const last = this.#done.length >= this.#sizes.length - 1;
      const take = last ? chunk.length - at : Math.min(this.#left, chunk.length - at);
      for (const digest of this.#running) digest.update(chunk.subarray(at, at + take));
      this.#left = Math.max(0, this.#left - take);
      at += take;
    }
  }

  #next(): void {
    if (this.#done.length >= this.#sizes.length - 1) return;
    this.#done.push(this.#running.map((digest) => digest.digest()));
    this.#running = this.#start();
    this.#left = this.#sizes[this.#done.length] ?? 0;
    if (this.#left === 0) this.#next();
  }

  finish(): {
    readonly md5s: readonly string[];
    readonly digests: ReadonlyMap<ChecksumAlgorithm, readonly Buffer[]>;
  } {
    this.#done.push(this.#running.map((digest) => digest.digest()));
    const column = (index: number): readonly Buffer[] =>
      this.#done.flatMap((row) => (row[index] === undefined ? [] : [row[index]]));
    return {
      md5s: column(0).map((digest) => digest.toString('hex')),
      // From the second on: MD5 may be among the checksums as well.
      digests: new Map(this.#algorithms.slice(1).map((algorithm, index) => [algorithm, column(index + 1)])),
    };
  }
}
