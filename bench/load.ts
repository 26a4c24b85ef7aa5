/** The load generator as the measures use it: a child process that is asked for results. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order } from './load/child.js';
import type { TaskName, Tasks } from './load/tasks.js';

const CHILD = fileURLToPath(new URL('./load/child.js', import.meta.url));

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

export class Load {
  readonly #child: ChildProcess = fork(CHILD, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  readonly #waiting = new Map<number, { done(result: unknown): void; fail(error: Error): void }>();
  #next = 0;

  constructor() {
    this.#child.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.done(answer.result);
      else waiting?.fail(new Error(answer.error));
    });
    this.#child.on('exit', (code) => {
      for (const { fail } of this.#waiting.values()) fail(new Error(`the load ended with ${code}`));
    });
  }

  /** @throws Error with the first unwelcome answer */
  ask<Name extends TaskName>(
    task: Name,
    job: Parameters<Tasks[Name]>[0],
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        done: (result) => resolve(result as Awaited<ReturnType<Tasks[Name]>>),
        fail: reject,
      });
      this.#child.send({ id, task, job } satisfies Order);
    });
  }

  end(): void {
    this.#child.kill();
  }
}
