/**
 * A command that goes on in the background: started as a process of its own, in a session of its own, it tells
 * its starter when it is ready, or why it is not, and nobody after that.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ExitCode, Fault, exitCodeOf } from './fault.js';

type Message =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'fault';
      readonly message: string;
      readonly remedy: string | undefined;
      readonly code: Exclude<ExitCode, 0>;
    };

const PROGRAM = fileURLToPath(new URL('./bin.cjs', import.meta.url));
/** Marks the process that is in the background. */
const MARK = '_BUCKETREE_BACKGROUND';

/** Whether this is the process in the background. */
export function isBackground(): boolean {
  return process.env[MARK] !== undefined && process.connected;
}

/**
 * Starts `bucketree WORDS` and resolves when it says that it is ready.
 * @param log a file its stderr is appended to; without one it goes to systemd's journal, or nowhere
 * @throws Fault, the one it told
 */
export async function startInBackground(words: readonly string[], log: string | undefined): Promise<void> {
  const file = log === undefined ? undefined : openSync(log, 'a', 0o640);
  const stderr = file ?? (process.env['JOURNAL_STREAM'] === undefined ? 'ignore' : 'inherit');
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    detached: true,
    env: { ...process.env, [MARK]: '1' },
    stdio: ['ignore', 'ignore', stderr, 'ipc'],
  });
  if (file !== undefined) closeSync(file);
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Fault(1, `it ended before it was ready (${signal ?? `exit code ${code}`})`, logAdvice(log))),
    );
    child.once('message', (message: Message) => {
      if (message.kind === 'ready') resolve();
      else reject(new Fault(message.code, message.message, message.remedy));
    });
  });
  child.disconnect();
  child.unref();
}

function logAdvice(log: string | undefined): string {
  return log === undefined ? 'start it without --daemon to see why' : `see ${log}`;
}

function tell(message: Message): Promise<void> {
  if (!isBackground()) return Promise.resolve();
  // Who started it may be gone: then nobody waits to be told.
  return new Promise((resolve) => process.send?.(message, undefined, {}, () => resolve()));
}

/** In the background: everything is up. The starter returns, and the directory it was in is let go. */
export async function tellReady(): Promise<void> {
  if (!isBackground()) return;
  await tell({ kind: 'ready' });
  process.removeAllListeners('disconnect');
  if (process.connected) process.disconnect();
  process.chdir('/');
}

/** In the background: why it will not be. */
export async function tellFault(error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  const remedy = error instanceof Fault ? error.remedy : undefined;
  await tell({ kind: 'fault', message, remedy, code: exitCodeOf(error) });
}
