/** Commands that mount, as processes; what they mount is looked at by others, and gone when the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { NEEDS_ROOT, at } from '../mount/kernel/serving.js';
import { PROGRAM, environment } from './started.js';

export const HELPER = fileURLToPath(new URL('../../cli/mount-bin.cjs', import.meta.url));

export const NEEDS_MOUNTS = NEEDS_ROOT || (!existsSync('/dev/fuse') && 'needs /dev/fuse');

export interface Said {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly child: ChildProcess;
  readonly done: Promise<Said>;
}

/** A Node program with words, in a directory; killed with the test. */
export function start(
  t: Pick<Test, 'teardown'>,
  words: readonly string[],
  directory: string,
  program: string = PROGRAM,
): Command {
  // The test runner would have every Node process load its own modules first, through this variable.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, program, ...words], {
    cwd: directory,
    env: environment(directory),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  t.teardown(() => child.kill('SIGKILL'));
  const done = once(child, 'exit').then(([code, signal]) => ({
    code: (code ?? signal) as number,
    stdout,
    stderr,
  }));
  return { child, done };
}

/** Until a place is mounted, or is no longer. @throws Error after 20 seconds */
export async function until(place: string, state: 'mounted' | 'free'): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if ((at(place) !== undefined) === (state === 'mounted')) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${place} is not ${state} after 20 s`);
}
