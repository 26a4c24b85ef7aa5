/**
 * A request's body as handlers read it: 100-continue at the first read, aws-chunked decoded and verified,
 * lengths held to what was declared. It never holds more than the piece in hand.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ChunkedDecoder } from './auth/chunked.js';
import type { ChunkSigner } from './auth/chunk-signer.js';
import type { PayloadMode } from './auth/payload.js';
import { S3Error, invalidArgument } from './errors.js';
import type { RequestBody } from './operation.js';
import { release } from '../http/release.js';
import { awaitsContinue } from '../http/unread.js';
import type { RequestHeaders } from '../http/request-headers.js';

type Write = (chunk: Uint8Array) => void | Promise<void>;

export class HttpBody implements RequestBody {
  readonly size: number | undefined;
  readonly signedSha256: string | undefined;
  readonly announcedTrailers: readonly string[];
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #decoder: ChunkedDecoder | undefined;
  readonly #transferChunked: boolean;
  #begun = false;
  #waiting = false;
  #severed = false;
  #received = 0;
  #cutOff: ((why: S3Error) => void) | undefined;

  /** @throws S3Error InvalidArgument (a length that is none), MissingContentLength (aws-chunked without its own) */
  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    headers: RequestHeaders,
    payload: PayloadMode,
    signer: ChunkSigner | undefined,
  ) {
    this.#request = request;
    this.#response = response;
    this.#transferChunked = headers.has('transfer-encoding');
    const length = headers.get('content-length');
    if (payload.kind === 'plain') {
      this.#decoder = undefined;
      this.signedSha256 = payload.sha256;
      this.announcedTrailers = [];
      this.size = length === undefined ? undefined : Number(length);
      return;
    }
    this.signedSha256 = undefined;
    this.announcedTrailers = (headers.get('x-amz-trailer') ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    this.size = decodedLength(headers);
    this.#decoder = new ChunkedDecoder({
      signer,
      trailer: payload.trailer,
      announced: this.announcedTrailers,
    });
  }

  /** Whether it waits for the client's next byte, rather than for the store. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Somebody has begun to read it, and 100-continue went out if it had to. */
  get begun(): boolean {
    return this.#begun;
  }

  /** No more of it will come. */
  get severed(): boolean {
    return this.#severed;
  }

  /** Payload bytes so far. */
  get received(): number {
    return this.#received;
  }

  /** The connection will bring no more of it: its end has come, or nothing has for too long. */
  cutOff(why: 'ended' | 'timeout'): void {
    this.#severed = true;
    this.#cutOff?.(new S3Error(why === 'timeout' ? 'RequestTimeout' : 'IncompleteBody'));
  }

  pump(write: Write): Promise<void> {
    return this.#readSized(write, release);
  }

  #readSized(write: Write, used?: (block: Buffer) => void): Promise<void> {
    if (this.size === undefined && !this.#transferChunked) {
      return Promise.reject(new S3Error('MissingContentLength'));
    }
    return this.#read(write, used);
  }

  async *stream(): AsyncGenerator<Uint8Array, void, undefined> {
    let offered: Uint8Array | undefined;
    let taken: () => void = () => {};
    let news: () => void = () => {};
    let failure: { readonly error: unknown } | undefined;
    let ended = false;
    let left = false;
    let changed = new Promise<void>((resolve) => (news = resolve));
    const announce = (): void => {
      const told = news;
      changed = new Promise<void>((resolve) => (news = resolve));
      told();
    };
    this.#readSized((chunk) => {
      if (left) throw new S3Error('InternalError');
      offered = chunk;
      announce();
      return new Promise<void>((resolve) => (taken = resolve));
    })
      .catch((error: unknown) => (failure = { error }))
      .finally(() => {
        ended = true;
        announce();
      });
    try {
      for (;;) {
        if (offered !== undefined) {
          const chunk: Uint8Array = offered;
          offered = undefined;
          yield chunk;
          taken();
        } else if (ended) {
          if (failure !== undefined) throw failure.error;
          return;
        } else await changed;
      }
    } finally {
      left = true;
      taken();
    }
  }

  trailers(): ReadonlyMap<string, string> {
    return this.#decoder?.trailers ?? new Map();
  }

  async buffer(limit: number): Promise<Buffer> {
    const tooLong = (): S3Error =>
      new S3Error('MaxMessageLengthExceeded', { extra: { MaxMessageLengthBytes: limit } });
    if (this.size !== undefined && this.size > limit) throw tooLong();
    const chunks: Uint8Array[] = [];
    let size = 0;
    await this.#read((chunk) => {
      size += chunk.length;
      if (size > limit) throw tooLong();
      chunks.push(chunk);
    });
    const whole = chunks.length === 1 ? asBuffer(chunks[0]!) : Buffer.concat(chunks, size);
    if (this.signedSha256 !== undefined) checkSha256(this.signedSha256, hash('sha256', whole));
    return whole;
  }

  /** @param used what happens to a block from the socket once `write` has had all of it */
  #read(write: Write, used: (block: Buffer) => void = () => undefined): Promise<void> {
    if (this.#begun) return Promise.reject(new Error('a body is read once'));
    this.#begun = true;
    const request = this.#request;
    if (awaitsContinue(request) && !this.#response.headersSent && this.size !== 0) {
      this.#response.writeContinue();
    }
    return new Promise<void>((resolve, reject) => {
      let writing = false;
      let ended = false;
      const stop = (): void => {
        this.#waiting = false;
        this.#cutOff = undefined;
        request.off('data', onData).off('end', onEnd).off('error', onCut).off('close', onCut);
      };
      const fail = (error: unknown): void => {
        stop();
        request.pause();
        reject(error);
      };
      const onCut = (): void => {
        if (!ended) fail(new S3Error('IncompleteBody'));
      };
      const onEnd = (): void => {
        ended = true;
        // The last block may still be on its way: node says 'end' while we pause it.
        if (writing) return;
        try {
          this.#finish();
        } catch (error) {
          fail(error);
          return;
        }
        stop();
        resolve();
      };
      const onData = (chunk: Buffer): void => {
        let pending: Promise<void> | undefined;
        try {
          pending = this.#take(chunk, write);
        } catch (error) {
          fail(error);
          return;
        }
        if (pending === undefined) {
          used(chunk);
          return;
        }
        writing = true;
        this.#waiting = false;
        request.pause();
        pending.then(() => {
          used(chunk);
          writing = false;
          if (this.#cutOff === undefined) return;
          if (ended) {
            onEnd();
            return;
          }
          this.#waiting = true;
          request.resume();
        }, fail);
      };
      this.#cutOff = fail;
      this.#waiting = true;
      if (request.readableEnded) {
        onEnd();
        return;
      }
      if (request.destroyed) {
        onCut();
        return;
      }
      request.on('data', onData).on('end', onEnd).on('error', onCut).on('close', onCut);
      request.resume();
    });
  }

  #take(chunk: Buffer, write: Write): Promise<void> | undefined {
    if (this.#decoder === undefined) return this.#give(chunk, write);
    const pieces = this.#decoder.push(chunk);
    for (let at = 0; at < pieces.length; at++) {
      const pending = this.#give(pieces[at]!, write);
      if (pending !== undefined) return this.#giveRest(pending, pieces, at + 1, write);
    }
    return undefined;
  }

  async #giveRest(
    first: Promise<void>,
    pieces: readonly Uint8Array[],
    from: number,
    write: Write,
  ): Promise<void> {
    await first;
    for (let at = from; at < pieces.length; at++) await this.#give(pieces[at]!, write);
  }

  #give(chunk: Uint8Array, write: Write): Promise<void> | undefined {
    this.#received += chunk.length;
    if (this.size !== undefined && this.#received > this.size) throw new S3Error('IncompleteBody');
    return write(chunk) ?? undefined;
  }

  #finish(): void {
    this.#decoder?.end();
    if (this.size !== undefined && this.#received !== this.size) throw new S3Error('IncompleteBody');
  }
}

/** @throws S3Error XAmzContentSHA256Mismatch */
export function checkSha256(signed: string, computed: string): void {
  if (signed === computed) return;
  throw new S3Error('XAmzContentSHA256Mismatch', {
    extra: { ClientComputedContentSHA256: signed, S3ComputedContentSHA256: computed },
  });
}

function decodedLength(headers: RequestHeaders): number {
  const text = headers.get('x-amz-decoded-content-length');
  if (text === undefined) throw new S3Error('MissingContentLength');
  if (!/^\d{1,15}$/.test(text)) {
    throw invalidArgument(
      'x-amz-decoded-content-length',
      text,
      'x-amz-decoded-content-length must be a number',
    );
  }
  return Number(text);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
