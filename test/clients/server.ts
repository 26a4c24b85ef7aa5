/**
 * What the tests with real clients share: a server process on a store of its own, a home for the client's
 * settings, a tree of real data, and a way to run programs.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { directory, type Scope } from '../system/disk.js';
import { serve, type ServeOptions, type Server } from '../system/server.js';

export { lacking, programNeeded } from '../system/disk.js';

export interface Place {
  readonly server: Server;
  readonly store: string;
  /** An empty directory for the client. */
  readonly home: string;
  /** Runs a program with the credentials in its environment: what it printed. @throws Error with all of it */
  run(program: string, parameters: readonly string[], environment?: Record<string, string>): Promise<string>;
  /** As `run`, for what must fail: what it printed. */
  fail(program: string, parameters: readonly string[]): Promise<string>;
}

export async function place(scope: Scope, options: Partial<ServeOptions> = {}): Promise<Place> {
  const store = directory(scope);
  const home = directory(scope);
  const server = await serve(scope, { store, ...options });
  const environment = {
    PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
    HOME: home,
    LC_ALL: 'C.UTF-8',
    AWS_ACCESS_KEY_ID: server.accessKey,
    AWS_SECRET_ACCESS_KEY: server.secretKey,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    ENDPOINT: server.url,
  };
  const start = (
    program: string,
    parameters: readonly string[],
    more: Record<string, string>,
  ): Promise<{ failed: boolean; said: string; printed: string }> =>
    new Promise((resolve) => {
      execFile(
        program,
        [...parameters],
        { env: { ...environment, ...more }, cwd: home, maxBuffer: 64 << 20, timeout: 240_000 },
        (error, stdout, stderr) =>
          resolve({
            failed: error !== null,
            said: `${String(error)}\n${stdout}\n${stderr}`,
            printed: stdout,
          }),
      );
    });
  return {
    server,
    store,
    home,
    async run(program, parameters, more = {}) {
      const { failed, said, printed } = await start(program, parameters, more);
      if (failed) throw new Error(`${said}\nserver: ${server.log.slice(-3000)}`);
      return printed;
    },
    async fail(program, parameters) {
      const { failed, said } = await start(program, parameters, {});
      if (!failed) throw new Error(`${program} ${parameters.join(' ')} was expected to fail\n${said}`);
      return said;
    },
  };
}

/** A small tree of real data: empty, small, large enough for several parts, and with awkward names. */
export function makeTree(root: string): void {
  const files: Readonly<Record<string, Buffer>> = {
    'empty.txt': Buffer.alloc(0),
    'hello.txt': Buffer.from('hello\n'),
    'page.html': Buffer.from('<h1>hello</h1>\n'),
    'deep/er/and/deeper.json': Buffer.from('{}'),
    'with space/plus+and&amp=.txt': Buffer.from('awkward'),
    'ünï/çødé – 日本.txt': Buffer.from('unicode'),
    "quote's/(paren)!*~.txt": Buffer.from('quotes'),
    'large.bin': noise(20 << 20, 1),
    'middle.bin': noise(300_000, 2),
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  for (let number = 0; number < 30; number++) {
    mkdirSync(join(root, 'many'), { recursive: true });
    writeFileSync(join(root, 'many', `${number}.txt`), `number ${number}`);
  }
}

/** Bytes that do not compress, the same for the same seed. */
export function noise(size: number, seed: number): Buffer {
  const block = Buffer.concat(
    Array.from({ length: 2048 }, (_, number) => createHash('sha512').update(`${seed} ${number}`).digest()),
  );
  const all = Buffer.alloc(size, block);
  for (let at = 0; at + 4 <= size; at += 65536) all.writeUInt32LE(at >>> 0, at);
  return all;
}

/** Every file beneath, by relative name, with the MD5 of its content; our own directories left out. */
export function digests(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (at: string): void => {
    for (const entry of readdirSync(join(root, at), { withFileTypes: true })) {
      if (entry.name === '.bucketree') continue;
      const name = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else
        found[name] = createHash('md5')
          .update(readFileSync(join(root, name)))
          .digest('hex');
    }
  };
  walk('');
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
