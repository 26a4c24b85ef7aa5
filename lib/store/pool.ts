/**
 * The store's threads. A task is one message there and one back; which thread takes it is the one with the
 * least to do, or, where a thread's memory matters (sorted directories), always the same one. A thread that has
 * had nothing to do for a while ends, and what it remembered goes with it.
 */
import { Worker } from 'node:worker_threads';
import { StoreError, type StoreErrorCode, type StoreErrorDetail, toStoreError } from '../errors.js';
import type { StoreOptions } from './options.js';
import type { Engine } from './engine.js';
import type { Tasks } from './tasks.js';

export type TaskName = keyof Tasks;
type Rest<F> = F extends (engine: Engine, ...rest: infer A) => unknown ? A : never;
export type TaskArguments<N extends TaskName> = Rest<Tasks[N]>;
export type TaskResult<N extends TaskName> = Awaited<ReturnType<Tasks[N]>>;

export interface TaskRequest {
  readonly id: number;
  readonly task: TaskName;
  readonly args: readonly unknown[];
}

export type TaskReply =
  | { readonly id: number; readonly value: unknown }
  | {
      readonly id: number;
      readonly error: {
        readonly code: StoreErrorCode;
        readonly message: string;
        readonly detail: StoreErrorDetail;
      };
    };

interface Asked {
  readonly request: TaskRequest;
  readonly transfer: readonly ArrayBuffer[];
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

/** One thread, started when needed. */
class Thread {
  readonly #options: StoreOptions;
  readonly #idleMs: number;
  readonly #waiting = new Map<number, Waiting>();
  /** Asked in this turn of the loop and sent at its end: a thread is woken once for many, and waking costs most. */
  #outbox: Asked[] = [];
  #worker: Worker | undefined;
  #next = 0;
  /** Somebody waits for the last answer. */
  #idle: (() => void) | undefined;
  #rest: NodeJS.Timeout | undefined;
  /** The end of the thread before. */
  #ending: Promise<void> | undefined;
  #closed = false;

  constructor(options: StoreOptions, idleMs: number) {
    this.#options = options;
    this.#idleMs = idleMs;
  }

  get load(): number {
    return this.#waiting.size;
  }

  get started(): boolean {
    return this.#worker !== undefined;
  }

  run(task: TaskName, args: readonly unknown[], transfer: readonly ArrayBuffer[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new StoreError('Busy', 'the store is being closed'));
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // A process with nothing else to do may end; one that waits for an answer may not.
      if (this.#waiting.size === 1) worker.ref();
      const asked = { request: { id, task, args }, transfer };
      if (this.#outbox.push(asked) === 1) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const { request, transfer } of outbox) {
      try {
        this.#worker?.postMessage(request, transfer);
      } catch (error) {
        const { code, message, detail } = toStoreError(error, request.task);
        this.#answer({ id: request.id, error: { code, message, detail } });
      }
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: this.#options,
      execArgv: [],
    });
    worker.on('message', (reply: TaskReply) => this.#answer(reply));
    worker.on('error', (error) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, undefined));
    worker.unref();
    return worker;
  }

  #answer(reply: TaskReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (waiting === undefined) return;
    if (this.#waiting.size === 0) this.#becomeIdle();
    if ('error' in reply) {
      const { code, message, detail } = reply.error;
      waiting.reject(new StoreError(code, message, detail));
    } else {
      waiting.resolve(reply.value);
    }
    if (this.#waiting.size === 0) this.#idle?.();
  }

  /** What it was asked is answered with an error; the next task starts a new thread. */
  #lost(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#outbox = [];
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const error = isWant(cause)
      ? new StoreError('Busy', 'no store thread could be started', {}, cause)
      : new StoreError('Internal', 'a store thread ended', {}, cause);
    for (const { reject } of waiting) reject(error);
    this.#idle?.();
  }

  #becomeIdle(): void {
    this.#worker?.unref();
    this.#rest ??= setTimeout(() => this.#retire(), this.#idleMs).unref();
    this.#rest.refresh();
  }

  /** Ends it if it has nothing to do. It holds no lock then, and no file that is anybody else's. */
  #retire(): void {
    const worker = this.#worker;
    if (worker === undefined || this.#waiting.size > 0) return;
    this.#worker = undefined;
    this.#ending = end(worker);
  }

  /** Waits for what it was asked: a thread ended in the middle of publishing would not answer for it. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    clearTimeout(this.#rest);
    this.#retire();
    await this.#ending;
  }
}

/** Has a thread that was asked nothing else give back what it has open, and ends it. */
function end(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.once('exit', () => resolve());
    worker.once('message', () => void worker.terminate());
    worker.ref();
    worker.postMessage({ id: -1, task: 'end', args: [] } satisfies TaskRequest);
  });
}

/** The process is out of descriptors or memory, for a while: ERR_WORKER_INIT_FAILED names the errno in its words. */
function isWant(cause: unknown): boolean {
  return cause instanceof Error && /\b(?:EMFILE|ENFILE|ENOMEM|EAGAIN)\b/.test(cause.message);
}

export class Pool {
  readonly #threads: readonly Thread[];

  /** @param idleMs a thread without a task for so long ends */
  constructor(options: StoreOptions, threads: number, idleMs: number) {
    this.#threads = Array.from({ length: threads }, () => new Thread(options, idleMs));
  }

  /**
   * @param transfer memory handed over, not copied: the caller has it no more
   * @throws StoreError only
   */
  run<N extends TaskName>(
    task: N,
    args: TaskArguments<N>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<TaskResult<N>> {
    return this.#leastBusy().run(task, args, transfer) as Promise<TaskResult<N>>;
  }

  /** As `run`, always on the same thread for the same `affinity`. */
  runAt<N extends TaskName>(affinity: string, task: N, args: TaskArguments<N>): Promise<TaskResult<N>> {
    let sum = 0;
    for (let at = 0; at < affinity.length; at++) sum = (sum * 31 + affinity.charCodeAt(at)) >>> 0;
    const thread = this.#threads[sum % this.#threads.length] ?? this.#leastBusy();
    return thread.run(task, args, []) as Promise<TaskResult<N>>;
  }

  #leastBusy(): Thread {
    return this.#threads.reduce((least, thread) => (weight(thread) < weight(least) ? thread : least));
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}

/** A running thread with one task is better than starting another. */
function weight(thread: Thread): number {
  return thread.load + (thread.started ? 0 : 1.5);
}
