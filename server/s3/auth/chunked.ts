/**
 * The aws-chunked encoding, decoded step by step: `hex[;chunk-signature=…]\r\n data \r\n … 0\r\n trailers \r\n`.
 * A state machine over bytes, whatever pieces they come in; it reads no clock and no socket.
 * docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, …/sigv4-streaming-trailers.html
 */
import { createHash, type Hash } from 'node:crypto';
import { S3Error } from '../errors.js';
import type { ChunkSigner } from './chunk-signer.js';
import { EMPTY_SHA256, sameSignature } from './signing-key.js';

/** Only the last chunk with data may be smaller. */
const MIN_CHUNK = 8192;
/** What no honest chunk exceeds: S3's largest part. */
const MAX_CHUNK = 5 * 1024 ** 3;
const MAX_LINE = 1024;
const MAX_TRAILERS = 16;
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

export interface ChunkedOptions {
  /** Verifies each chunk; undefined: unsigned. */
  readonly signer: ChunkSigner | undefined;
  /** Trailers may follow the last chunk; those of a signed body are signed as well. */
  readonly trailer: boolean;
  /** x-amz-trailer, lower case: exactly these must come. */
  readonly announced: readonly string[];
}

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'done';

export class ChunkedDecoder {
  readonly #options: ChunkedOptions;
  readonly #trailers = new Map<string, string>();
  #state: State = 'size';
  /** A line begun in an earlier piece. */
  #line = '';
  /** Bytes of the current chunk still to come. */
  #left = 0;
  #size = 0;
  #hash: Hash | undefined;
  #signature: string | undefined;
  #trailerSignature: string | undefined;
  #smallChunk = false;

  constructor(options: ChunkedOptions) {
    this.#options = options;
  }

  /** Verified once `end` has returned. Lower-case names. */
  get trailers(): ReadonlyMap<string, string> {
    return this.#trailers;
  }

  /**
   * @returns the payload in this piece, as views of it, in order; not verified until its chunk has ended
   * @throws S3Error InvalidRequest, InvalidChunkSizeError, SignatureDoesNotMatch, MalformedTrailerError
   */
  push(piece: Uint8Array): Uint8Array[] {
    const payload: Uint8Array[] = [];
    let at = 0;
    while (at < piece.length) {
      if (this.#state === 'data') {
        const end = Math.min(piece.length, at + this.#left);
        const data = piece.subarray(at, end);
        this.#hash?.update(data);
        payload.push(data);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = 'data-end';
        continue;
      }
      if (this.#state === 'done') throw malformed('Bytes follow the last chunk.');
      const feed = piece.indexOf(0x0a, at);
      const end = feed < 0 ? piece.length : feed;
      if (this.#line.length + end - at > MAX_LINE) throw malformed('A line of its framing is too long.');
      this.#line += latin1(piece, at, end);
      at = end + 1;
      if (feed < 0) break;
      const line = this.#line;
      this.#line = '';
      this.#take(line);
    }
    return payload;
  }

  /** The body is over. @throws S3Error IncompleteBody, MalformedTrailerError */
  end(): void {
    if (this.#state !== 'done') throw new S3Error('IncompleteBody');
  }

  #take(line: string): void {
    switch (this.#state) {
      case 'size':
        this.#begin(strict(line));
        break;
      case 'data-end':
        if (strict(line) !== '') throw malformed('A chunk is longer than it says.');
        this.#verifyChunk(this.#hash?.digest('hex'));
        this.#state = 'size';
        break;
      default:
        this.#trailer(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
  }

  #begin(line: string): void {
    const match = /^([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (match === null) throw malformed('A chunk begins with its size in hexadecimal.');
    this.#size = Number.parseInt(match[1] ?? '', 16);
    this.#signature = match[2];
    if (this.#size > MAX_CHUNK) throw new S3Error('EntityTooLarge', { extra: { MaxSizeAllowed: MAX_CHUNK } });
    if (this.#options.signer !== undefined && this.#signature === undefined) {
      throw malformed('A chunk has no signature.');
    }
    if (this.#size === 0) {
      this.#verifyChunk(EMPTY_SHA256);
      this.#state = 'trailer';
      return;
    }
    if (this.#smallChunk) {
      throw new S3Error('InvalidChunkSizeError', {
        extra: { Chunk: 'not the last', BadChunkSize: this.#size },
      });
    }
    this.#smallChunk = this.#size < MIN_CHUNK;
    this.#left = this.#size;
    this.#hash = this.#options.signer === undefined ? undefined : createHash('sha256');
    this.#state = 'data';
  }

  #verifyChunk(sha256: string | undefined): void {
    const { signer } = this.#options;
    if (signer === undefined || sha256 === undefined) return;
    if (!sameSignature(signer.chunk(sha256), this.#signature ?? ''))
      throw new S3Error('SignatureDoesNotMatch');
  }

  /** An empty line ends them; of signed ones, the first behind the signature (AWS writes one before it, too). */
  #trailer(line: string): void {
    const { signer, trailer } = this.#options;
    if (line === '') {
      if (trailer && signer !== undefined && this.#trailerSignature === undefined) {
        if (this.#trailers.size > 0) return;
        throw malformedTrailer();
      }
      this.#finish();
      return;
    }
    if (!trailer) throw malformed('Bytes follow the last chunk.');
    const colon = line.indexOf(':');
    if (colon <= 0) throw malformedTrailer();
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (name === TRAILER_SIGNATURE) {
      if (this.#trailerSignature !== undefined) throw malformedTrailer();
      this.#trailerSignature = value;
      return;
    }
    const unexpected = !this.#options.announced.includes(name) || this.#trailers.has(name);
    if (unexpected || this.#trailerSignature !== undefined || this.#trailers.size === MAX_TRAILERS) {
      throw malformedTrailer();
    }
    this.#trailers.set(name, value);
  }

  #finish(): void {
    const { signer, trailer, announced } = this.#options;
    if (trailer && signer !== undefined) {
      const lines = [...this.#trailers].map(([name, value]) => `${name}:${value}\n`).join('');
      if (!sameSignature(signer.trailer(lines), this.#trailerSignature ?? '')) {
        throw new S3Error('SignatureDoesNotMatch');
      }
    }
    if (trailer && announced.some((name) => !this.#trailers.has(name))) throw malformedTrailer();
    this.#state = 'done';
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

/** A line of framing ends in CR LF and nothing less. */
function strict(line: string): string {
  if (!line.endsWith('\r')) throw malformed('A line of its framing does not end in CR LF.');
  return line.slice(0, -1);
}

function malformed(what: string): S3Error {
  return new S3Error('InvalidRequest', { message: `The body is not properly aws-chunked. ${what}` });
}

const malformedTrailer = (): S3Error => new S3Error('MalformedTrailerError');
