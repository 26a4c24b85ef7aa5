/** `bucketree serve` as a process of its own, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

export const PROGRAM = fileURLToPath(new URL('../../cli/bin.cjs', import.meta.url));

export interface Running {
  readonly child: ChildProcess;
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  stdout(): string;
  stderr(): string;
  /** Resolves to the exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

export function environment(
  directory: string,
  env: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: directory, ...env };
}

/** Ends with the test. @throws Error when it ends, or says no URL within 20 seconds */
export async function started(
  test: Pick<Test, 'teardown'>,
  words: readonly string[],
  directory: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  // The test runner would have every Node process load its own modules first, through this variable.
  const command = ['-u', 'NODE_OPTIONS', process.execPath, PROGRAM, 'serve', '--listen', '127.0.0.1:0'];
  const child = spawn('env', [...command, ...words], {
    cwd: directory,
    env: environment(directory, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  test.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no URL within 20 s: ${stdout}${stderr}`)), 20_000);
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      // What follows the URL has come as well: it is one write.
      const found = /http:\/\/[^"\s]+:[1-9]\d*/.exec(stdout)?.[0];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    void exited.then((code) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code}: ${stdout}${stderr}`));
    });
  });
  return { child, url, stdout: () => stdout, stderr: () => stderr, exited };
}
