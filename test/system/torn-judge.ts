/**
 * Who rewrites a file in place, and who judges what GETs of it answer meanwhile. Every generation fills the file with
 * one 8-byte word, so that a mixture is seen without knowing what was written.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Client } from './client.js';
import type { Scope } from './disk.js';

const READERS = 4;
const REWRITER = fileURLToPath(new URL('../../../test/system/rewriter.py', import.meta.url));

export type Writer = 'small' | 'one' | 'mapping' | 'restore';

/** True when every 8-byte word is the first one. */
function whole(body: Buffer): boolean {
  return body.subarray(8).equals(body.subarray(0, body.length - 8));
}

/**
 * Rewrites the file until the test ends or what is returned is called, which resolves when it has ended.
 * @param pause milliseconds between two generations, about
 * @param stuck called when it does not end by itself, before it is killed
 */
export function rewriter(
  scope: Scope,
  mode: Writer | 'log',
  path: string,
  size: number,
  pause: number,
  stuck: () => void = () => undefined,
): () => Promise<void> {
  const child = spawn('python3', [REWRITER, mode, path, String(size), String(pause)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    const timer = setTimeout(() => {
      stuck();
      child.kill('SIGKILL');
    }, 20_000);
    await ended;
    clearTimeout(timer);
  };
  scope.teardown(stop);
  return stop;
}

export type Kind = 'whole' | 'torn' | 'cut' | 'refused' | 'short';

/** So many GETs of an object of the bucket `torn`, several at a time: how often each came out how. */
export async function meet(
  client: Client,
  key: string,
  size: number,
  tries: number,
): Promise<Readonly<Record<Kind, number>>> {
  const outcome: Record<Kind, number> = { whole: 0, torn: 0, cut: 0, refused: 0, short: 0 };
  let left = tries;
  const reader = async (): Promise<void> => {
    while (left-- > 0) {
      const { status, body, cut } = await client.get('torn', key);
      const kind: Kind =
        status !== 200 && status !== 0
          ? 'refused'
          : cut
            ? 'cut'
            : body.length !== size
              ? 'short'
              : whole(body)
                ? 'whole'
                : 'torn';
      outcome[kind] += 1;
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return outcome;
}
