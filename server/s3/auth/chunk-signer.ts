/**
 * The chain of signatures over the chunks of an aws-chunked body: each covers its data and the one before it,
 * the first the request's own. docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { EMPTY_SHA256, scopeText, sha256Hex, type Scope, type SigningKey } from './signing-key.js';

export class ChunkSigner {
  readonly #key: SigningKey;
  readonly #context: string;
  #previous: string;

  /** @param time as in x-amz-date @param seed the signature of the request */
  constructor(key: SigningKey, time: string, scope: Scope, seed: string) {
    this.#key = key;
    this.#context = `${time}\n${scopeText(scope)}`;
    this.#previous = seed;
  }

  /** The signature of the next chunk, whose data hashes to `sha256`. */
  chunk(sha256: string): string {
    this.#previous = this.#key.sign(
      `AWS4-HMAC-SHA256-PAYLOAD\n${this.#context}\n${this.#previous}\n${EMPTY_SHA256}\n${sha256}`,
    );
    return this.#previous;
  }

  /** The signature of the trailers, each as `name:value\n`, after the last chunk. */
  trailer(lines: string): string {
    this.#previous = this.#key.sign(
      `AWS4-HMAC-SHA256-TRAILER\n${this.#context}\n${this.#previous}\n${sha256Hex(lines)}`,
    );
    return this.#previous;
  }
}
