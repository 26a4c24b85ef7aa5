/** Mounts for tests: served by a process that can be killed, looked at by others that can be. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { abortConnection, connectionIn } from '../../../mount/kernel/connections.js';
import type { MountRequest } from '../../../mount/kernel/mounting.js';
import { type MountEntry, mountAt, readMountTable } from '../../../mount/kernel/mount-table.js';

export const NEEDS_ROOT = process.getuid?.() !== 0 && 'needs root';

/** An ordinary user of no group, for what root may not show. */
export const NOBODY = 65534;

const PROGRAM = fileURLToPath(new URL('answering.js', import.meta.url));

/** An empty directory outside of the test's own, which is emptied by who must not walk into a mount. */
export function emptyPlace(t: Pick<Test, 'teardown'>, parent: string = tmpdir()): string {
  const place = realpathSync(mkdtempSync(join(parent, 'mount-test-')));
  t.teardown(() => {
    cleanUp(place);
    rmdirSync(place);
  });
  return place;
}

/** Whatever is left of mounts there goes, its users freed first. */
export function cleanUp(place: string): void {
  for (let entry = at(place); entry !== undefined; entry = at(place)) {
    const connection = connectionIn(entry);
    if (entry.type.startsWith('fuse') && connection !== undefined) abortConnection(connection);
    const { status } = spawnSync('umount', ['--lazy', '--no-canonicalize', place], { timeout: 10_000 });
    if (status !== 0) return;
  }
}

/** The mount table's line for a place. */
export function at(place: string): MountEntry | undefined {
  return mountAt(readMountTable(), place);
}

export interface Ran {
  readonly code: number | string;
  readonly out: string;
}

/** A program that may touch a mount: killed after 15 seconds. */
export function look(command: string, ...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const limits = { timeout: 15_000, killSignal: 'SIGKILL' as const, env: { ...process.env, LC_ALL: 'C' } };
    execFile(command, [...words], limits, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.killed === true ? 'killed' : (error.code ?? 'failed');
      resolve({ code, out: stdout + stderr });
    });
  });
}

export interface Serving {
  readonly child: ChildProcess;
  /** The next thing it says. */
  next(): Promise<Record<string, unknown>>;
  /** Gives an order and waits for its outcome. */
  order(name: string): Promise<unknown>;
  kill(): Promise<void>;
}

/** @param uid who serves */
export function startServing(t: Pick<Test, 'teardown'>, request: MountRequest, uid = 0): Serving {
  // The test runner would have every Node process load its own modules first, through this variable.
  const words = ['-u', 'NODE_OPTIONS', process.execPath, PROGRAM, JSON.stringify(request)];
  const child = spawn('env', words, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] },
    ...(uid === 0 ? {} : { uid, gid: uid }),
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  t.teardown(kill);
  const next = async (): Promise<Record<string, unknown>> => {
    const line = await lines.next();
    if (line.done === true) return { ended: (await exited)[0] as unknown };
    return JSON.parse(line.value) as Record<string, unknown>;
  };
  return {
    child,
    next,
    kill,
    order: async (name) => {
      child.stdin.write(`${name}\n`);
      for (;;) {
        const answer = await next();
        if (answer['order'] === name) return answer['outcome'];
        if ('ended' in answer) return answer;
      }
    },
  };
}

/** What most tests ask for. */
export function request(place: string, over: Partial<MountRequest> = {}): MountRequest {
  return { source: '/srv/store', place, readOnly: false, allowOther: false, flags: [], ...over };
}
