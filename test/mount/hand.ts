/**
 * A process that works in the mount, one call at a time, as a program of somebody's would. Past its deadline a call
 * has the mount aborted, for whoever waits in it cannot be killed otherwise.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Scope } from '../system/disk.js';
import { abort } from './mounted.js';

const PROGRAM = fileURLToPath(new URL('../../../test/mount/hand.py', import.meta.url));
const DEADLINE_MS = 30_000;

/** What is to be known of a name; times in nanoseconds, the body in base64. */
export interface Seen {
  readonly errno?: string;
  readonly mode?: number;
  readonly nlink?: number;
  readonly size?: number;
  readonly mtime?: string;
  readonly ctime?: string;
  readonly names?: readonly string[];
  readonly body?: string;
  readonly fstat?: number;
}

export type Outcome = { readonly value: unknown } | { readonly errno: string };

export class Hand {
  readonly #child: ChildProcess;
  readonly #at: string;
  readonly #waiting: ((outcome: Outcome) => void)[] = [];

  /** @param mount where the mount is that `root` is in */
  constructor(scope: Scope, mount: string, root: string) {
    this.#at = mount;
    this.#child = spawn('python3', [PROGRAM, root], { stdio: ['pipe', 'pipe', 'inherit'] });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('no output');
    createInterface(stdout).on('line', (line) => this.#waiting.shift()?.(JSON.parse(line) as Outcome));
    this.#child.on('exit', () => {
      for (const resolve of this.#waiting.splice(0)) resolve({ errno: 'ended' });
    });
    scope.teardown(() => {
      this.#child.kill('SIGKILL');
    });
  }

  /** What the call answers, or the errno's name. */
  try(...words: readonly unknown[]): Promise<Outcome> {
    return new Promise((resolve) => {
      const deadline = setTimeout(() => abort(this.#at), DEADLINE_MS);
      this.#waiting.push((outcome) => {
        clearTimeout(deadline);
        resolve(outcome);
      });
      this.#child.stdin?.write(`${JSON.stringify(words)}\n`);
    });
  }

  /** @throws Error with the errno's name */
  async do(...words: readonly unknown[]): Promise<unknown> {
    const outcome = await this.try(...words);
    if ('errno' in outcome) throw new Error(`${words.join(' ').slice(0, 100)}: ${outcome.errno}`);
    return outcome.value;
  }

  async look(paths: readonly string[]): Promise<Readonly<Record<string, Seen>>> {
    return (await this.do('look', paths)) as Record<string, Seen>;
  }
}
