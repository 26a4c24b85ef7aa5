/**
 * Requests in, answers out: exactly one for each that wants one, whatever happens. Knows no device: it is given
 * memory with a request in it, and a channel. What answers at once is answered before `receive` returns; a
 * promise's answer follows when it settles, and until then keeps the memory its request is in.
 */
import { E } from '../../lib/os/system-error.js';
import { errnoOf } from '../errno.js';
import type { Filesystem, NodeId } from '../filesystem/filesystem.js';
import { decode, opcodeOf, uniqueOf } from './decode.js';
import { type Bound, type Handler, handlerOf } from './dispatch.js';
import { putWelcome, seal, sealError } from './encode.js';
import { Message } from './message.js';
import { type Agreement, negotiate, type Wishes } from './negotiation.js';
import { type BackingDevice, Backings } from './passthrough.js';
import { ANSWER_BYTES, IN_HEADER, REQUEST_BYTES } from './protocol.js';
import { type Operation, OPERATIONS, type Request } from './request.js';

/** The way to the kernel. */
export interface Channel {
  /** One answer, whole. @returns 0, or why it was not taken: ENOENT when nobody waits for it any more */
  send(message: Message, length: number): number;
  readonly backing: BackingDevice;
  /** See dispatch.ts. */
  attributesChange(node: NodeId): void;
}

export interface SessionOptions {
  readonly filesystem: Filesystem;
  readonly channel: Channel;
  readonly wishes: Wishes;
  /** Both sides have agreed: the mount is in use from here on. */
  readonly onReady: (agreement: Agreement) => void;
  /** INIT was refused; nothing will work. */
  readonly onRefused: (why: string) => void;
  /** A failure that is ours, not the caller's: answered EIO. */
  readonly onFault: (operation: string, error: unknown) => void;
  /** Of a session before this one, whose descriptor was taken over. */
  readonly agreement?: Agreement;
}

const UNTOLD: ReadonlySet<Operation> = new Set(['FORGET', 'BATCH_FORGET', 'INTERRUPT', 'NOTIFY_REPLY']);
/** Free memory kept of each kind: promises in flight at once, usually. */
const SPARE = 4;

/** Messages of one size, used again. */
class Spares {
  readonly #size: number;
  readonly #free: Message[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  take(): Message {
    return this.#free.pop() ?? new Message(this.#size);
  }

  give(message: Message): void {
    if (this.#free.length < SPARE) this.#free.push(message);
  }
}

export class Session {
  readonly #options: SessionOptions;
  readonly #channel: Channel;
  readonly #requests = new Spares(REQUEST_BYTES);
  readonly #answers = new Spares(ANSWER_BYTES);
  #request = this.#requests.take();
  #answer = this.#answers.take();
  #bound: Bound | undefined;
  #pending = 0;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#channel = options.channel;
    if (options.agreement !== undefined) this.#agree(options.agreement);
  }

  /** Where the next request is to be read into. Another one after each `receive`. */
  get memory(): Message {
    return this.#request;
  }

  /** Requests whose promise has not settled. */
  get pending(): number {
    return this.#pending;
  }

  /** The first `length` bytes of `memory` are a request. Never throws. */
  receive(length: number): void {
    if (length < IN_HEADER) return;
    const message = this.#request;
    const unique = uniqueOf(message);
    const operation = OPERATIONS[opcodeOf(message)];
    if (operation === undefined) this.#refuse(unique, E.ENOSYS);
    else if (UNTOLD.has(operation)) this.#listen(operation, length);
    else this.#serve(operation, unique, length);
  }

  /** Nothing is written any more: the descriptor may be closed. Resolves when nothing is pending. */
  close(): Promise<void> {
    this.#closed = true;
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle = resolve;
    });
  }

  #serve(operation: Operation, unique: bigint, length: number): void {
    const message = this.#request;
    const answer = this.#answer;
    try {
      const request = decode(operation, message, length, this.#bound?.agreement ?? { setxattrExt: false });
      if (operation === 'INIT') return this.#greet(request as Request<'INIT'>);
      if (operation === 'DESTROY') return void this.#send(answer, seal(answer, unique, 0));
      const handler = handlerOf(operation);
      const bound = this.#bound;
      if (handler === undefined) return this.#refuse(unique, E.ENOSYS);
      if (bound === undefined) return this.#refuse(unique, E.EIO);
      const result = handler.perform(bound, request, answer);
      if (result instanceof Promise) this.#later(operation, handler, bound, request, result);
      else this.#finish(handler, bound, request, answer, result);
    } catch (error) {
      this.#fail(operation, unique, answer, error);
    }
  }

  /** The request keeps its memory, and the answer its own, until the promise settles. */
  #later(
    operation: Operation,
    handler: Handler,
    bound: Bound,
    request: Request,
    promise: Promise<unknown>,
  ): void {
    const message = this.#request;
    const answer = this.#answer;
    this.#request = this.#requests.take();
    this.#answer = this.#answers.take();
    this.#pending += 1;
    void promise
      .then((result) => this.#finish(handler, bound, request, answer, result))
      .catch((error: unknown) => this.#fail(operation, request.unique, answer, error))
      .finally(() => {
        this.#requests.give(message);
        this.#answers.give(answer);
        this.#pending -= 1;
        if (this.#pending === 0) this.#idle?.();
      });
  }

  #finish(handler: Handler, bound: Bound, request: Request, answer: Message, result: unknown): void {
    const payload = handler.encode(answer, result, bound, request);
    const taken = this.#send(answer, seal(answer, request.unique, payload)) === 0;
    try {
      if (taken) handler.sent?.(bound, request, result);
      else handler.undo?.(bound, request, result);
    } catch (error) {
      this.#options.onFault(taken ? 'answered' : 'undo', error);
    }
  }

  #fail(operation: Operation, unique: bigint, answer: Message, error: unknown): void {
    const errno = errnoOf(error);
    if (errno === E.EIO) this.#options.onFault(operation, error);
    this.#send(answer, sealError(answer, unique, errno));
  }

  #refuse(unique: bigint, errno: number): void {
    this.#send(this.#answer, sealError(this.#answer, unique, errno));
  }

  #send(answer: Message, length: number): number {
    return this.#closed ? E.ENOENT : this.#channel.send(answer, length);
  }

  #listen(operation: Operation, length: number): void {
    try {
      this.#take(operation, decode(operation, this.#request, length, { setxattrExt: false }));
    } catch (error) {
      this.#options.onFault(operation, error);
    }
  }

  /** An INTERRUPT changes nothing: what was begun is finished, and answered as it went. */
  #take(operation: Operation, request: Request): void {
    const { filesystem } = this.#options;
    if (operation === 'FORGET') {
      filesystem.forget(request.node, (request as Request<'FORGET'>).body.lookups);
    } else if (operation === 'BATCH_FORGET') {
      const { forgets } = (request as Request<'BATCH_FORGET'>).body;
      for (const { node, lookups } of forgets) filesystem.forget(node, lookups);
    }
  }

  #greet({ unique, body }: Request<'INIT'>): void {
    const answer = this.#answer;
    const outcome = negotiate(body, this.#options.wishes);
    if (outcome.kind === 'refused') {
      this.#refuse(unique, E.EPROTO);
      this.#options.onRefused(outcome.why);
      return;
    }
    if (outcome.kind === 'agreed') this.#agree(outcome.agreement);
    this.#send(answer, seal(answer, unique, putWelcome(answer, outcome.welcome)));
    if (outcome.kind === 'agreed') this.#options.onReady(outcome.agreement);
  }

  #agree(agreement: Agreement): void {
    this.#bound = {
      filesystem: this.#options.filesystem,
      backings: new Backings(this.#channel.backing, agreement.passthrough),
      agreement,
      attributesChange: (node) => this.#channel.attributesChange(node),
    };
  }
}
