/**
 * All the digests of one body in one pass: its MD5 (the entity tag), the SHA-256 its signature names, and
 * the checksums asked for. A digest that serves two of these is computed once.
 */
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm } from '../checksum.js';
import { createDigest, digestOf, type Digest } from './digest.js';

/** What to compute. */
export interface DigestSpec {
  readonly md5: boolean;
  readonly sha256: boolean;
  readonly algorithms: readonly ChecksumAlgorithm[];
}

export interface DigestResult {
  /** 32 hex digits, when asked for. */
  readonly md5: string | undefined;
  /** 64 hex digits, when asked for. */
  readonly sha256: string | undefined;
  /** Base64, of each algorithm asked for. */
  readonly checksums: Map<ChecksumAlgorithm, string>;
}

/** The algorithms that have to run for a spec, each once. */
export function algorithmsOf(spec: DigestSpec): ChecksumAlgorithm[] {
  return CHECKSUM_ALGORITHMS.filter(
    (algorithm) =>
      spec.algorithms.includes(algorithm) ||
      (algorithm === 'MD5' && spec.md5) ||
      (algorithm === 'SHA256' && spec.sha256),
  );
}

/** The result of a spec, from the raw digests of `algorithmsOf(spec)`. */
export function resultOf(spec: DigestSpec, digests: ReadonlyMap<ChecksumAlgorithm, Buffer>): DigestResult {
  return {
    md5: spec.md5 ? digests.get('MD5')?.toString('hex') : undefined,
    sha256: spec.sha256 ? digests.get('SHA256')?.toString('hex') : undefined,
    checksums: new Map(
      spec.algorithms.flatMap((algorithm) => {
        const digest = digests.get(algorithm);
        return digest === undefined ? [] : [[algorithm, digest.toString('base64')]];
      }),
    ),
  };
}

/** The digests of a body that is whole in memory: quicker than `BodyDigests` for a small one. */
export function digestBody(spec: DigestSpec, body: Uint8Array): DigestResult {
  return resultOf(
    spec,
    new Map(algorithmsOf(spec).map((algorithm) => [algorithm, digestOf(algorithm, body)])),
  );
}

export class BodyDigests {
  readonly #spec: DigestSpec;
  readonly #digests: readonly (readonly [ChecksumAlgorithm, Digest])[];

  /** Needs `prepareHashes()` when an XXHASH* is among the algorithms. */
  constructor(spec: DigestSpec) {
    this.#spec = spec;
    this.#digests = algorithmsOf(spec).map((algorithm) => [algorithm, createDigest(algorithm)]);
  }

  /** Reads the block before it returns. */
  update(block: Uint8Array): void {
    for (const [, digest] of this.#digests) digest.update(block);
  }

  /** Once, after the last block. */
  finish(): DigestResult {
    return resultOf(
      this.#spec,
      new Map(this.#digests.map(([algorithm, digest]) => [algorithm, digest.digest()])),
    );
  }
}
