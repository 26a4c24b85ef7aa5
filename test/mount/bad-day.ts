/** Somebody who works in a mount on a bad day, bad-days.py, and what is still to work then. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Scope } from '../system/disk.js';
import { abort, within, type Mounted } from './mounted.js';

const PROGRAM = fileURLToPath(new URL('../../../test/mount/bad-days.py', import.meta.url));
const MINUTES = 4 * 60_000;

export type Told = Readonly<Record<string, unknown>>;

/** What bad-days.py tells of an action of its. @throws Error with its output when it fails */
export async function does(
  mount: Pick<Mounted, 'at'>,
  ...words: readonly (string | number)[]
): Promise<Told> {
  const ran = await within(mount, ['python3', PROGRAM, ...words.map(String)], { milliseconds: MINUTES });
  if (ran.code !== 0) throw new Error(`${words.join(' ')}: ${ran.code} ${ran.output}`);
  return JSON.parse(ran.output) as Told;
}

export interface Busy {
  /** The first line it says. */
  readonly first: Told;
  /** Lets it go on: the last line. */
  goOn(): Promise<Told>;
}

/** One that says something, waits until it may go on, and says the rest. */
export async function waiting(scope: Scope, { at }: Mounted, ...words: readonly string[]): Promise<Busy> {
  const child = spawn('python3', [PROGRAM, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const deadline = setTimeout(() => abort(at), MINUTES);
  scope.teardown(() => {
    clearTimeout(deadline);
    child.kill('SIGKILL');
  });
  const lines = createInterface(child.stdout);
  const next = async (): Promise<Told> => {
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(() => ['{}']),
    ])) as string[];
    return JSON.parse(line ?? '{}') as Told;
  };
  const first = await next();
  const goOn = (): Promise<Told> => {
    child.stdin.write('\n');
    return next();
  };
  return { first, goOn };
}

/** Both sides work. */
export async function isWell(t: Pick<Test, 'equal'>, mount: Mounted, bucket: string): Promise<void> {
  const { client } = mount.server;
  t.equal((await client.put(bucket, 'well', 'over HTTP')).status, 200, 'PUT goes on');
  const read = await within(mount, ['cat', join(mount.at, bucket, 'well')]);
  t.equal(read.output, 'over HTTP', 'the mount goes on');
}
