/** `bucketree serve`, as people start it, on a port of its own; ended by `stop`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../../', import.meta.url);

/** What `npx bucketree` runs. */
export const COMMAND = fileURLToPath(new URL(bin(), ROOT));

export const CREDENTIALS = { id: 'DOCSKEY000EXAMPLE', secret: 'docs-secret-of-an-example' };

export interface Served {
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  /** Resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** @throws Error, with everything it said, when no URL is printed within 20 seconds */
export async function serve(directory: string, args: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, [COMMAND, 'serve', '--listen', '127.0.0.1:0', ...args], {
    cwd: directory,
    env: {
      ...withoutOurs(process.env),
      BUCKETREE_ACCESS_KEY: CREDENTIALS.id,
      BUCKETREE_SECRET_KEY: CREDENTIALS.secret,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const give = setTimeout(() => fail('said no URL within 20 seconds'), 20_000);
    const fail = (what: string): void =>
      reject(new Error(`bucketree serve ${args.join(' ')} ${what}:\n${said}`));
    const listen = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(said);
      if (found === null) return;
      clearTimeout(give);
      resolve(found[0]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    void exited.then((code) => {
      clearTimeout(give);
      fail(`ended with ${code}`);
    });
  }).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    url,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

function bin(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  const path = /"bucketree": ?"([^"]+)"/.exec(JSON.stringify(manifest))?.[1];
  if (path === undefined) throw new Error('package.json names no command');
  return path;
}

/** Settings of whoever runs the tests are not the examples'. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('BUCKETREE_')));
}
