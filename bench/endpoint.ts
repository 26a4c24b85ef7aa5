/** What is measured: our server, the bare ones, nginx, and peers given by their URL. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from './load/target.js';

const BARE = fileURLToPath(new URL('./bare.js', import.meta.url));
const MAIN = fileURLToPath(new URL('../cli/bin.cjs', import.meta.url));
const ACCESS_KEY = 'AKIABENCHBENCHBENCH1';
const SECRET_KEY = 'bench/secret+key0123456789abcdefghijklmno';
export const BUCKET = 'bench';

export type Durability = 'full' | 'data' | 'none';

export interface Endpoint {
  readonly name: string;
  readonly target: Target;
  /** Absent where it is not ours to watch. */
  readonly process?: ChildProcess;
  /** Milliseconds from its start to the first answer. */
  readonly startMilliseconds?: number;
  stop(): Promise<void>;
}

function target(url: string, accessKey?: string, secretKey?: string): Target {
  const { hostname, port } = new URL(url);
  const where = { host: hostname, port: Number(port || 80), bucket: BUCKET };
  if (accessKey === undefined || secretKey === undefined) return where;
  return { ...where, credentials: { accessKey, secretKey, region: 'us-east-1' } };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

function firstUrl(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (block: Buffer): void => {
      if (said.length > 100_000) return;
      said += block.toString();
      const found = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(said);
      if (found !== null) resolve(found[0]);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${name} ended with ${code}\n${said}`)));
  });
}

/** Our server on a store directory, waited for until it answers. */
export async function startBucketree(
  store: string,
  durability: Durability,
  flags: readonly string[] = [],
): Promise<Endpoint> {
  const began = performance.now();
  const parameters = [MAIN, 'serve', store, '--listen', '127.0.0.1:0', '--durability', durability];
  const child = spawn(process.execPath, [...parameters, '--log-format', 'json', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, BUCKETREE_ACCESS_KEY: ACCESS_KEY, BUCKETREE_SECRET_KEY: SECRET_KEY },
  });
  const url = await firstUrl(child, 'bucketree');
  const answered = await fetch(url);
  await answered.arrayBuffer();
  const startMilliseconds = performance.now() - began;
  return {
    name: 'bucketree',
    target: target(url, ACCESS_KEY, SECRET_KEY),
    process: child,
    startMilliseconds,
    stop: () => end(child),
  };
}

export async function startBare(kind: 'http' | 'koa'): Promise<Endpoint> {
  const child = spawn(process.execPath, [BARE, kind], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await firstUrl(child, kind);
  return {
    name: kind === 'koa' ? 'bare Koa' : 'bare node:http',
    target: target(url),
    process: child,
    stop: () => end(child),
  };
}

/** nginx sending the files of `root` by sendfile, or the reason why there is none. */
export async function startNginx(root: string, scratch: string): Promise<Endpoint | string> {
  const program = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((path) =>
    existsSync(path),
  );
  if (program === undefined) return 'nginx is not installed';
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  const prefix = join(scratch, 'nginx');
  mkdirSync(prefix, { recursive: true });
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${prefix}/t;`,
  );
  writeFileSync(
    join(prefix, 'nginx.conf'),
    `${user} worker_processes 1; daemon off; pid ${prefix}/pid; error_log ${prefix}/error.log;
     events { worker_connections 256; }
     http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; ${temporary.join(' ')}
       server { listen 127.0.0.1:${port}; root ${root}; } }\n`,
  );
  const child = spawn(program, ['-p', prefix, '-c', join(prefix, 'nginx.conf')], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 50; tries++) {
    if (child.exitCode !== null) return `nginx ended with ${child.exitCode}`;
    try {
      await (await fetch(url)).arrayBuffer();
      return { name: 'nginx', target: target(url), process: child, stop: () => end(child) };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await end(child);
  return 'nginx did not answer';
}

/** `NAME=URL,KEY,SECRET`. @throws Error when it is none */
export function peer(text: string): Endpoint {
  const found = /^([^=]+)=(https?:\/\/[^,]+),([^,]+),(.+)$/.exec(text);
  if (found === null) throw new Error(`--peer ${text}: NAME=URL,KEY,SECRET was expected`);
  const [, name = '', url = '', key, secret] = found;
  return { name, target: target(url, key, secret), stop: async () => undefined };
}

/** Resident bytes of a process and of its children. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const own = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  const children = (stdout ?? '').split('\n').filter((line) => line !== '');
  return children.reduce((sum, child) => sum + residentBytes(Number(child)), own);
}
