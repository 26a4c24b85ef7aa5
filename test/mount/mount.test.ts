import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { directory, type Scope } from '../system/disk.js';
import { abort, freed, mountNeeded, script, within } from './mounted.js';

const skip = mountNeeded() ?? false;
const PROGRAM = fileURLToPath(new URL('./mount-server.js', import.meta.url));

type Line = Readonly<Record<string, unknown>>;

interface Served {
  readonly at: string;
  readonly store: string;
  readonly server: ChildProcess;
  readonly said: readonly Line[];
  /** Resolves with the exit code once it has unmounted and ended. */
  stop(): Promise<number | null>;
}

/** A store with one bucket, mounted by a process of its own. */
async function served(scope: Scope, options: Line = {}, base = directory(scope)): Promise<Served> {
  const at = join(base, 'mnt');
  const store = join(base, 'store');
  // A mount whose server is gone answers nothing, not even that it is there.
  if (!isMounted(at)) mkdirSync(at, { recursive: true });
  mkdirSync(join(store, 'photos'), { recursive: true });
  const words = JSON.stringify({ directory: store, mountpoint: at, ...options });
  const server = spawn(process.execPath, [PROGRAM, words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: Line[] = [];
  const lines = createInterface(server.stdout);
  lines.on('line', (line) => said.push(JSON.parse(line) as Line));
  const deadline = setTimeout(() => abort(at), 60_000);
  const exited = once(server, 'exit');
  scope.teardown(async () => {
    clearTimeout(deadline);
    if (server.exitCode === null && server.signalCode === null) {
      abort(at);
      server.kill('SIGKILL');
      await exited;
    }
    freed(at);
  });
  while (!said.some((line) => 'mounted' in line || 'refused' in line)) await once(lines, 'line');
  const stop = async (): Promise<number | null> => {
    server.kill('SIGTERM');
    await exited;
    return server.exitCode;
  };
  return { at, store, server, said, stop };
}

function isMounted(at: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${at} `);
}

for (const mode of ['passthrough', 'cached']) {
  t.test(
    `${mode}: what is done in the mount is done in the directory, and the other way`,
    { skip },
    async (t) => {
      const mount = await served(t, { mode });
      writeFileSync(join(mount.store, 'photos/from-disk'), 'disk');
      const { code, output } = await script(
        mount,
        `cd "$1/photos"; cat from-disk; echo; mkdir -p d/e; echo mount > d/e/f; cat d/e/f
      head -c 3000000 /dev/urandom > big; cp big copy; cmp big copy && echo same
      mv copy moved; ln moved link; stat -c %h moved; rm big; ls`,
      );
      t.equal(code, 0, output);
      t.equal(output, 'disk\nmount\nsame\n2\nd\nfrom-disk\nlink\nmoved\n');
      t.equal(readFileSync(join(mount.store, 'photos/d/e/f'), 'utf8'), 'mount\n');
      t.equal(statSync(join(mount.store, 'photos/moved')).size, 3_000_000);
      t.equal(await mount.stop(), 0);
      t.notOk(isMounted(mount.at));
      t.notOk(mount.said.find((line) => 'failed' in line || line['level'] === 'error'));
    },
  );
}

t.test('passthrough: open files are read and written while the server stands still', { skip }, async (t) => {
  const mount = await served(t, { mode: 'passthrough' });
  const going = within(mount, [
    'python3',
    '-c',
    `import os, sys, time
file = os.open(sys.argv[1] + '/photos/f', os.O_RDWR | os.O_CREAT)
os.write(file, b'before ')
open(sys.argv[2] + '/ready', 'w').close()
while not os.path.exists(sys.argv[2] + '/stands'): time.sleep(0.02)
os.write(file, b'while')
print(os.pread(file, 100, 0).decode())
open(sys.argv[2] + '/done', 'w').close()`,
    mount.at,
    mount.store,
  ]);
  const there = async (name: string): Promise<void> => {
    for (let round = 0; round < 500; round++) {
      try {
        return void statSync(join(mount.store, name));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  await there('ready');
  mount.server.kill('SIGSTOP');
  writeFileSync(join(mount.store, 'stands'), '');
  await there('done');
  t.equal(readFileSync(join(mount.store, 'photos/f'), 'utf8'), 'before while');
  mount.server.kill('SIGCONT');
  t.equal((await going).output, 'before while\n');
  t.equal(await mount.stop(), 0);
});

t.test('one bucket may be the whole mount, and read-only', { skip }, async (t) => {
  const mount = await served(t, { bucket: 'photos', readOnly: true });
  writeFileSync(join(mount.store, 'photos/f'), 'x');
  const { output } = await script(mount, `cd "$1"; cat f; echo; touch g 2>&1 || true; cat f > /dev/null; ls`);
  t.match(output, /^x\n.*Read-only file system\nf\n$/);
  t.equal(await mount.stop(), 0);
});

t.test('unmounted by somebody else, it ends by itself', { skip }, async (t) => {
  const mount = await served(t);
  const exited = once(mount.server, 'exit');
  t.equal((await within(mount, ['umount', mount.at])).code, 0);
  await exited;
  t.match(mount.said.at(-1), { ended: true });
});

t.test(
  'in use, it is taken out of the tree, and who is in it goes on until it leaves',
  { skip },
  async (t) => {
    const mount = await served(t);
    const busy = script(mount, `cd "$1/photos"; echo in > ready; while sleep 0.05; do ls . || exit 0; done`);
    for (let round = 0; round < 200 && !isThere(join(mount.store, 'photos/ready')); round++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    t.equal(await mount.stop(), 0);
    t.notOk(isMounted(mount.at));
    t.equal((await busy).code, 0);
  },
);

function isThere(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

t.test('a killed server leaves a mount that the next one replaces', { skip }, async (t) => {
  const base = directory(t);
  const first = await served(t, {}, base);
  const gone = once(first.server, 'exit');
  first.server.kill('SIGKILL');
  await gone;
  t.ok(isMounted(first.at));
  const second = await served(t, {}, base);
  t.match(second.said[0], { level: 'warn', message: /lost its server/ });
  t.equal((await script(second, `echo x > "$1/photos/f"; cat "$1/photos/f"`)).output, 'x\n');
  t.equal(await second.stop(), 0);
});

t.test('what cannot be served is said, and nothing stays mounted', { skip }, async (t) => {
  const none = await served(t, { bucket: 'not-there' });
  t.match(none.said.at(-1), { refused: /no bucket not-there/ });
  t.notOk(isMounted(none.at));
  const nowhere = await served(t, { mountpoint: '/proc/nowhere' });
  t.match(nowhere.said.at(-1), { refused: /no directory/ });
});
