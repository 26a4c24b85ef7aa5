/**
 * A store served and mounted as a user does it, in processes of their own. A mount whose server does not answer
 * leaves whoever touches it unkillable, so nothing here touches it but child processes, each with a deadline:
 * when one passes, the connection is aborted, which frees everybody.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directory, rootNeeded, run, type Scope } from '../system/disk.js';
import { launch, type Server } from '../system/server.js';

/** How reads and writes reach the disk: by the kernel alone, or through us. */
export const MODES = ['passthrough', 'cached'] as const;
export type Mode = (typeof MODES)[number];

export interface Mounted {
  readonly server: Server;
  /** Where the store is mounted. */
  readonly at: string;
  /** The directory behind it. */
  readonly store: string;
}

export interface MountOptions {
  readonly mode?: Mode;
  /** The store's directory; a new one when left out. */
  readonly store?: string;
  readonly flags?: readonly string[];
}

/** Why nothing can be mounted here, or undefined. */
export function mountNeeded(): string | undefined {
  return rootNeeded() ?? (existsSync('/dev/fuse') ? undefined : 'there is no /dev/fuse');
}

/** `bucketree serve STORE --mount AT`, stopped and unmounted with the test. */
export async function mounted(scope: Scope, options: MountOptions = {}): Promise<Mounted> {
  const base = directory(scope);
  const store = options.store ?? join(base, 'store');
  const at = join(base, 'mnt');
  mkdirSync(at);
  mkdirSync(store, { recursive: true });
  const server = await launch({
    store,
    flags: ['--mount', at, '--mount-mode', options.mode ?? 'passthrough', ...(options.flags ?? [])],
  });
  const atExit = (): void => freed(at);
  process.once('exit', atExit);
  scope.teardown(async () => {
    const deadline = setTimeout(() => abort(at), 20_000);
    await server.stop();
    clearTimeout(deadline);
    freed(at);
    process.off('exit', atExit);
  });
  return { server, at, store };
}

/** Line of /proc/self/mountinfo (proc_pid_mountinfo(5)) → the number of the FUSE connection mounted there. */
function connectionAt(path: string): string | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [, , device, , point] = line.split(' ');
    if (point === path && / - fuse/.test(line)) return device?.split(':')[1];
  }
  return undefined;
}

/** Ends a FUSE connection whether or not its server answers: everybody who waits gets an error. */
export function abort(path: string): void {
  const number = connectionAt(path);
  if (number === undefined) return;
  const control = '/sys/fs/fuse/connections';
  if (!existsSync(`${control}/${number}`)) run('mount', '-t', 'fusectl', 'none', control);
  writeFileSync(`${control}/${number}/abort`, '1');
}

/** Whatever is still mounted there is gone. */
export function freed(path: string): void {
  if (connectionAt(path) === undefined) return;
  abort(path);
  run('umount', '-l', path);
}

export interface Ran {
  readonly code: number | string;
  readonly output: string;
}

export interface RunOptions {
  readonly milliseconds?: number;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program that uses the mount; past its deadline the mount is aborted and the program killed. */
export async function within(
  { at }: Pick<Mounted, 'at'>,
  command: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<Ran> {
  const [program, ...parameters] = command;
  const child = spawn(program, parameters, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '', LC_ALL: 'C.UTF-8', ...options.environment },
  });
  const output: string[] = [];
  child.stdout.on('data', (block: Buffer) => output.push(block.toString()));
  child.stderr.on('data', (block: Buffer) => output.push(block.toString()));
  // A program may end before it has read what it is given.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(() => {
      output.push('\nstill running at its deadline: the mount was aborted');
      abort(at);
      child.kill('SIGKILL');
    }, options.milliseconds ?? 60_000);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(deadline);
      resolve({ code: code ?? signal ?? -1, output: output.join('') });
    });
  });
}

/** A shell script whose $1 is the mount; `set -eu`. */
export function script(mount: Pick<Mounted, 'at'>, text: string, options?: RunOptions): Promise<Ran> {
  return within(mount, ['bash', '-c', `set -eu\n${text}`, 'bash', mount.at], options);
}
