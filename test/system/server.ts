/**
 * The server as a user runs it: the command line in a process of its own, on a port the kernel chooses.
 * What it printed is kept, so that a failing test can show it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from './client.js';
import type { Scope } from './disk.js';

export const MAIN = fileURLToPath(new URL('../../cli/bin.cjs', import.meta.url));
export const ACCESS_KEY = 'AKIAJUDGESJUDGES0001';
export const SECRET_KEY = 'judges/secret+key0123456789abcdefghijklmn';

export interface ServeOptions {
  /** A store's directory; absent with `buckets` alone. */
  readonly store?: string;
  /** Buckets elsewhere, by name. */
  readonly buckets?: Readonly<Record<string, string>>;
  readonly durability?: 'full' | 'data' | 'none';
  readonly flags?: readonly string[];
  /** What the command is run by: `['prlimit', '--nofile=64']`. It must exec, so that the pid stays. */
  readonly under?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly accessKey?: string;
  readonly secretKey?: string;
}

export class Server {
  readonly process: ChildProcess;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly client: Client;
  readonly #log: string[];

  constructor(process: ChildProcess, url: string, accessKey: string, secretKey: string, log: string[]) {
    const { hostname, port } = new URL(url);
    this.process = process;
    this.url = url.replace(/\/$/, '');
    this.host = hostname;
    this.port = Number(port);
    this.accessKey = accessKey;
    this.secretKey = secretKey;
    this.#log = log;
    this.client = new Client({ host: hostname, port: Number(port), accessKey, secretKey });
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  /** Everything printed so far. */
  get log(): string {
    return this.#log.join('');
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Sends the signal and waits for the end: the exit code, or the signal's name. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.client.close();
    if (this.running) {
      const ended = once(this.process, 'exit');
      this.process.kill(signal);
      const timer = setTimeout(() => this.process.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(timer);
    }
    return this.process.signalCode ?? this.process.exitCode ?? -1;
  }

  /** Resident bytes of the process. */
  get residentBytes(): number {
    return residentBytes(this.pid);
  }

  /** What its descriptors lead to now: paths, `socket:[…]`, and the like. */
  get open(): readonly string[] {
    const directory = `/proc/${this.pid}/fd`;
    return readdirSync(directory).flatMap((number) => {
      try {
        return [readlinkSync(`${directory}/${number}`)];
      } catch {
        return [];
      }
    });
  }
}

export function residentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}

/** Starts one and waits until it says where it listens. @throws Error with its output when it does not */
export async function launch(options: ServeOptions): Promise<Server> {
  const accessKey = options.accessKey ?? ACCESS_KEY;
  const secretKey = options.secretKey ?? SECRET_KEY;
  const command = [...(options.under ?? []), process.execPath, MAIN, 'serve'];
  if (options.store !== undefined) command.push(options.store);
  for (const [name, directory] of Object.entries(options.buckets ?? {})) {
    command.push('--bucket', `${name}=${directory}`);
  }
  command.push('--listen', '127.0.0.1:0', '--durability', options.durability ?? 'none');
  command.push('--log-format', 'json', ...(options.flags ?? []));
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      BUCKETREE_ACCESS_KEY: accessKey,
      BUCKETREE_SECRET_KEY: secretKey,
      ...options.environment,
    },
  });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const log: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${command.join(' ')}: ${why}\n${log.join('')}`));
    const look = (block: Buffer): void => {
      log.push(block.toString());
      const found = /https?:\/\/127\.0\.0\.1:[1-9]\d*/.exec(log.join(''));
      if (found !== null) resolve(found[0]);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.on('error', (error) => fail(String(error)));
    child.on('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
    setTimeout(() => fail('did not say where it listens within 30 s'), 30_000).unref();
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return new Server(child, url, accessKey, secretKey, log);
}

/** As `launch`; stopped with the test. */
export async function serve(scope: Scope, options: ServeOptions): Promise<Server> {
  const server = await launch(options);
  scope.teardown(async () => {
    await server.stop('SIGKILL');
  });
  return server;
}
