/**
 * The store's threads. A task is one message there and one back; which thread takes it is the one with the
 * least to do, or, where a thread's memory matters (sorted directories), always the same one.
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

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

/** One thread, started when first needed. */
class Thread {
  readonly #options: StoreOptions;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #next = 0;
  /** Somebody waits for the last answer. */
  #idle: (() => void) | undefined;
  #closed = false;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  get load(): number {
    return this.#waiting.size;
  }

  get started(): boolean {
    return this.#worker !== undefined;
  }

  run(task: TaskName, args: readonly unknown[], transfer: readonly ArrayBuffer[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(new StoreError('Busy', 'the store is being closed'));
    return this.#ask(task, args, transfer);
  }

  #ask(task: TaskName, args: readonly unknown[], transfer: readonly ArrayBuffer[]): Promise<unknown> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // A process with nothing else to do may end; one that waits for an answer may not.
      if (this.#waiting.size === 1) worker.ref();
      try {
        worker.postMessage({ id, task, args } satisfies TaskRequest, transfer);
      } catch (error) {
        // What cannot be cloned never left, so nobody else will answer it.
        this.#answer({ id, error: toStoreError(error, task) });
      }
    });
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
    if (this.#waiting.size === 0) this.#worker?.unref();
    if (waiting === undefined) return;
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
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const error = isWant(cause)
      ? new StoreError('Busy', 'no store thread could be started', {}, cause)
      : new StoreError('Internal', 'a store thread ended', {}, cause);
    for (const { reject } of waiting) reject(error);
    this.#idle?.();
  }

  /** Waits for what it was asked: a thread ended in the middle of publishing would not answer for it. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#waiting.size > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    if (this.#worker === undefined) return;
    await this.#ask('end', [], []).catch(() => undefined);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** The process is out of descriptors or memory, for a while: ERR_WORKER_INIT_FAILED names the errno in its words. */
function isWant(cause: unknown): boolean {
  return cause instanceof Error && /\b(?:EMFILE|ENFILE|ENOMEM|EAGAIN)\b/.test(cause.message);
}

export class Pool {
  readonly #threads: readonly Thread[];

  constructor(options: StoreOptions, threads: number) {
    this.#threads = Array.from({ length: threads }, () => new Thread(options));
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
