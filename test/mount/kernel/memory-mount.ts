/** The filesystem in memory, mounted by a process of its own, as everything that is mounted must be in tests. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import type { Notification } from '../../../mount/kernel/notifications.js';
import { directory, type Scope } from '../../system/disk.js';
import { abort, freed } from '../mounted.js';

export interface MemoryMount {
  readonly at: string;
  /** Lines the server wrote so far: ready, faults, the end. */
  readonly said: readonly Readonly<Record<string, unknown>>[];
  /** Resolves when the kernel has taken them. */
  notify(notifications: readonly Notification[]): Promise<void>;
  /** Resolves with the server's exit code once it has ended by itself. */
  stop(how: 'unmount' | 'stop'): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('./memory-server.js', import.meta.url));

/** @param slow milliseconds until a directory is made */
export async function memoryMount(
  scope: Scope,
  { validity = 60, slow = 1, spin = 0 } = {},
): Promise<MemoryMount> {
  const at = join(directory(scope), 'mnt');
  mkdirSync(at);
  const server = spawn(process.execPath, [PROGRAM, at, String(validity), String(slow), String(spin)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const deadline = setTimeout(() => abort(at), 60_000);
  const said: Readonly<Record<string, unknown>>[] = [];
  const lines = createInterface(server.stdout);
  lines.on('line', (line) => said.push(JSON.parse(line) as Record<string, unknown>));
  scope.teardown(async () => {
    clearTimeout(deadline);
    if (server.exitCode === null) {
      abort(at);
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    freed(at);
  });
  while (said.length === 0) await once(lines, 'line');
  const order = (text: unknown): void => void server.stdin.write(`${JSON.stringify(text)}\n`);
  return {
    at,
    said,
    notify: async (notifications) => {
      const before = said.filter((line) => 'notified' in line).length;
      const plain = notifications.map((each) =>
        each.kind === 'entry'
          ? { ...each, parent: String(each.parent), name: each.name.toString('latin1') }
          : each.kind === 'inode'
            ? { ...each, node: String(each.node) }
            : each,
      );
      order({ notify: plain });
      while (said.filter((line) => 'notified' in line).length === before) await once(lines, 'line');
    },
    stop: async (how) => {
      order({ stop: how });
      if (server.exitCode === null) await once(server, 'exit');
      return server.exitCode;
    },
  };
}
