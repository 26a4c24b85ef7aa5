/** A mount in a process of its own, as `mount-server.ts` makes one; ended with the test, whatever state it is in. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Scope } from '../system/disk.js';
import { abort, freed } from './mounted.js';

const PROGRAM = fileURLToPath(new URL('./mount-server.js', import.meta.url));

export interface MountProcess {
  readonly at: string;
  /** What it said, as lines. */
  readonly said: readonly Readonly<Record<string, unknown>>[];
}

/** @param options of startMount, as data */
export async function mountOf(
  scope: Scope,
  store: string,
  at: string,
  options: Readonly<Record<string, unknown>> = {},
): Promise<MountProcess> {
  mkdirSync(at, { recursive: true });
  const words = JSON.stringify({ directory: store, mountpoint: at, ...options });
  const server = spawn(process.execPath, [PROGRAM, words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: Record<string, unknown>[] = [];
  const lines = createInterface(server.stdout);
  lines.on('line', (line) => said.push(JSON.parse(line) as Record<string, unknown>));
  const exited = once(server, 'exit');
  const atExit = (): void => freed(at);
  process.once('exit', atExit);
  scope.teardown(async () => {
    const deadline = setTimeout(() => {
      abort(at);
      server.kill('SIGKILL');
    }, 10_000);
    server.kill('SIGTERM');
    await exited;
    clearTimeout(deadline);
    freed(at);
    process.off('exit', atExit);
  });
  while (!said.some((line) => 'mounted' in line || 'refused' in line)) await once(lines, 'line');
  const refused = said.find((line) => 'refused' in line);
  if (refused !== undefined) throw new Error(String(refused['refused']));
  return { at, said };
}
