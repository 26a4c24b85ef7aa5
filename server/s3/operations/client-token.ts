/**
 * Client tokens: what a request said it was, so that a repeat of it is known. Kept for an hour, and the newest
 * only: a client that retries does so at once.
 */
import { S3Error, invalidArgument } from '../errors.js';

const KEPT_MS = 60 * 60 * 1000;
const MOST = 10_000;

interface Known {
  readonly what: string;
  readonly time: number;
}

export class RecentTokens {
  readonly #known = new Map<string, Known>();

  /** Whether this was done before. @throws S3Error IdempotencyParameterMismatch, InvalidArgument */
  isRepeat(token: string, what: string, now: number): boolean {
    if (!/^[!-~]{1,64}$/.test(token)) {
      throw invalidArgument('x-amz-client-token', token, 'A client token has 1 to 64 visible characters.');
    }
    const known = this.#known.get(token);
    if (known === undefined || now - known.time > KEPT_MS) return false;
    if (known.what !== what) throw new S3Error('IdempotencyParameterMismatch');
    return true;
  }

  remember(token: string, what: string, now: number): void {
    this.#known.delete(token);
    this.#known.set(token, { what, time: now });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
  }
}
