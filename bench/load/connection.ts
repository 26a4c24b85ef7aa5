/**
 * One kept connection that sends requests made in advance and reads just enough of an answer to know where
 * it ends. Parsing is minimal on purpose: the load must cost less than what it measures.
 */
import { connect, type Socket } from 'node:net';

export interface Reply {
  readonly status: number;
  /** Bytes of the body. */
  readonly size: number;
  /** The head, and the body where it was asked for. */
  readonly head: string;
  readonly body: Buffer;
}

interface Waiting {
  readonly noBody: boolean;
  readonly keep: boolean;
  readonly done: (reply: Reply) => void;
  readonly fail: (error: Error) => void;
}

const END = Buffer.from('\r\n\r\n');
const NONE = Buffer.alloc(0);
/** Shared: what is read is counted or copied before the next read. */
const READ_BLOCK = 1 << 20;

export class Connection {
  readonly #socket: Socket;
  #waiting: Waiting | undefined;
  #head: Buffer = NONE;
  #status = 0;
  #headText = '';
  /** Body bytes still to come; -1: not known yet; -2: chunked. */
  #left = -1;
  #size = 0;
  #kept: Buffer[] = [];
  #tail = '';
  #error: Error | undefined;

  constructor(host: string, port: number) {
    const buffer = Buffer.allocUnsafeSlow(READ_BLOCK);
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      onread: {
        buffer,
        callback: (count, block) => {
          this.#read(Buffer.from(block.buffer, block.byteOffset, count));
          return true;
        },
      },
    });
    const fail = (error: Error): void => {
      this.#error = error;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.fail(error);
    };
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail(new Error('the connection was closed')));
  }

  /** Sends the pieces and calls `done` with the reply: its body only when `keep` is given. */
  send(
    pieces: readonly Buffer[],
    { noBody = false, keep = false }: { readonly noBody?: boolean; readonly keep?: boolean },
    done: (reply: Reply) => void,
    fail: (error: Error) => void,
  ): void {
    if (this.#error !== undefined) {
      fail(this.#error);
      return;
    }
    this.#waiting = { noBody, keep, done, fail };
    this.#head = NONE;
    this.#left = -1;
    this.#size = 0;
    this.#kept = [];
    this.#tail = '';
    for (const piece of pieces) this.#socket.write(piece);
  }

  /** As `send`, with a body of `blocks`, written as fast as they are taken. */
  async stream(head: Buffer, blocks: Iterable<Buffer>): Promise<Reply> {
    const reply = new Promise<Reply>((resolve, reject) => this.send([head], { keep: true }, resolve, reject));
    reply.catch(() => undefined);
    for (const block of blocks) {
      if (this.#error !== undefined || this.#waiting === undefined) break;
      if (!this.#socket.write(block)) {
        await new Promise<void>((resolve) => {
          const go = (): void => {
            this.#socket.off('drain', go);
            this.#socket.off('close', go);
            resolve();
          };
          this.#socket.on('drain', go);
          this.#socket.on('close', go);
        });
      }
    }
    return reply;
  }

  ask(pieces: readonly Buffer[], options: { noBody?: boolean; keep?: boolean } = {}): Promise<Reply> {
    return new Promise((resolve, reject) => this.send(pieces, options, resolve, reject));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(block: Buffer): void {
    if (this.#waiting === undefined) return;
    let body = block;
    if (this.#left === -1) {
      const whole = this.#head.length === 0 ? block : Buffer.concat([this.#head, block]);
      const end = whole.indexOf(END);
      if (end < 0) {
        this.#head = Buffer.from(whole);
        return;
      }
      const text = whole.toString('latin1', 0, end);
      this.#headText = text;
      this.#status =
        (text.charCodeAt(9) - 48) * 100 + (text.charCodeAt(10) - 48) * 10 + text.charCodeAt(11) - 48;
      body = whole.subarray(end + 4);
      if (this.#status === 100) {
        this.#head = NONE;
        if (body.length > 0) this.#read(Buffer.from(body));
        return;
      }
      if (this.#waiting.noBody || this.#status === 204 || this.#status === 304) this.#left = 0;
      else {
        const length = /\r\ncontent-length: *(\d+)/i.exec(text);
        this.#left = length === null ? -2 : Number(length[1]);
      }
    }
    this.#size += body.length;
    if (this.#waiting.keep && body.length > 0) this.#kept.push(Buffer.from(body));
    if (this.#left >= 0) {
      this.#left -= body.length;
      if (this.#left <= 0) this.#finish();
    } else {
      this.#tail = (this.#tail + body.toString('latin1', Math.max(0, body.length - 5))).slice(-5);
      if (this.#tail === '0\r\n\r\n') this.#finish();
    }
  }

  #finish(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    let body = Buffer.concat(this.#kept);
    if (this.#left === -2 && body.length > 0) body = unchunked(body);
    waiting?.done({ status: this.#status, size: this.#size, head: this.#headText, body });
  }
}

function unchunked(body: Buffer): Buffer<ArrayBuffer> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const end = body.indexOf('\r\n', at);
    const size = parseInt(body.toString('latin1', at, end), 16);
    if (!(size > 0)) break;
    pieces.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(pieces);
}
