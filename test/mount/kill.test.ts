/**
 * kill -9 of the server while programs write through its mount and clients put: everybody in it gets an error and
 * goes on, what fsync(2), msync(2) and 200 said is kept is there, no bucket is damaged, and the dead mount is taken
 * away by `bucketree umount` or replaced by the next start. TEST_MOUNT_KILLS says how often, TEST_SEED when.
 */
import { mkdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { count, directory, lacking, programNeeded, randomFrom } from '../system/disk.js';
import { MAIN, launch, type Server } from '../system/server.js';
import { MODES, freed, mountNeeded, within, type Ran } from './mounted.js';

const ROUNDS = count('TEST_MOUNT_KILLS', 5);
const SEED = count('TEST_SEED', Date.now() % 1_000_000);
const PROGRAM = fileURLToPath(new URL('../../../test/mount/fsynced.py', import.meta.url));
const WRITERS = ['append', 'blocks', 'mapping', 'saves'] as const;
const DEADLINE = 60_000;

/** What a writer is left with: the server is gone, or went while it was asked. */
const GONE = new Set(['ENOTCONN', 'ECONNABORTED', 'EIO']);

function line(name: string, number: number): string {
  return `${name.padEnd(8).slice(0, 8)} ${String(number).padStart(54, '0')}\n`;
}

function lines(name: string, first: number, count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, at) => line(name, first + at)).join(''));
}

/** The last number said for a file. */
function sureOf(log: string): number | undefined {
  if (!existsSync(log)) return undefined;
  const said = readFileSync(log, 'utf8');
  return said
    .slice(0, said.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => Number(text.split(' ')[1]))
    .reduce<number | undefined>((most, number) => Math.max(most ?? 0, number), undefined);
}

/** Undefined when the file holds what was sure to be in it, else what is wrong. */
function lost(how: (typeof WRITERS)[number], name: string, sure: number, body: Buffer): string | undefined {
  if (how === 'saves') {
    const found = Number(body.subarray(9, 63).toString()) / 64;
    if (body.length !== 4096 || !body.equals(lines(name, found * 64, 64))) return `${name}: no whole save`;
    return found >= sure ? undefined : `${name}: save ${found}, and ${sure} was synced`;
  }
  return body.subarray(0, sure).equals(lines(name, 0, sure / 64))
    ? undefined
    : `${name}: ${sure} were synced`;
}

/** Longer than anything takes that is going to end by itself. */
const HANGING = 20_000;

async function endWithin(running: readonly Promise<unknown>[], milliseconds: number): Promise<boolean> {
  const late = new AbortController();
  const ended = Promise.all(running).then(() => true);
  const timeout = sleep(milliseconds, false, { signal: late.signal }).catch(() => false);
  try {
    return await Promise.race([ended, timeout]);
  } finally {
    late.abort();
  }
}

function command(mount: string, ...words: readonly string[]): Promise<Ran> {
  return within({ at: mount }, [process.execPath, MAIN, ...words], { milliseconds: DEADLINE });
}

/** Puts until the server is gone. @returns what was acknowledged */
async function putter(server: Server, name: string): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (let number = 0; ; number++) {
    const [key, body] = [`put/${name}-${number}`, `${name} ${number} `.repeat(300)];
    const { status } = await server.client.put('kill', key, body, { 'x-amz-meta-number': String(number) });
    if (status !== 200) return kept;
    kept.set(key, body);
  }
}

t.test(
  'a server killed under its writers',
  { skip: lacking(mountNeeded(), programNeeded('python3')), timeout: 0 },
  async (t) => {
    const random = randomFrom(SEED);
    const base = directory(t);
    const [store, at] = [join(base, 'store'), join(base, 'mnt')];
    mkdirSync(join(store, 'kill'), { recursive: true });
    mkdirSync(at);
    const atExit = (): void => freed(at);
    process.once('exit', atExit);
    t.teardown(() => {
      freed(at);
      process.off('exit', atExit);
    });
    t.comment(`${ROUNDS} rounds, seed ${SEED}`);
    const endings: Record<string, number> = {};
    let synced = 0;
    let hung = 0;
    const start = (round: number): Promise<Server> => {
      const mode = MODES[round % MODES.length] ?? 'cached';
      return launch({ store, flags: ['--mount', at, '--mount-mode', mode], durability: 'full' });
    };
    let server = await start(0);
    for (let round = 0; round < ROUNDS; round++) {
      const names = WRITERS.map(
        (how) => [how, `${how.slice(0, 3)}${round}`, join(base, `${how}.${round}`)] as const,
      );
      const writing = names.map(([how, name, log]) =>
        within({ at }, ['python3', PROGRAM, how, join(at, 'kill'), name, log], { milliseconds: DEADLINE }),
      );
      const putting = putter(server, `p${round}`);
      // Not before somebody has begun, or a slow machine would kill what has not done anything.
      while (!names.some(([, , log]) => sureOf(log) !== undefined)) await sleep(20);
      await sleep(random() * 500);
      server.process.kill('SIGKILL');
      // Where it died telling the kernel something, that waits for those who wait for the server: the next start ends it.
      const next = (await endWithin(writing, HANGING)) ? undefined : await start(round + 1);
      if (next !== undefined) hung++;
      for (const { code, output } of await Promise.all(writing)) {
        const ending = output.trim();
        endings[ending] = (endings[ending] ?? 0) + 1;
        if (code !== 0 || !GONE.has(ending)) t.fail(`round ${round}: a writer ended with ${code}: ${output}`);
      }
      const kept = await putting;
      await server.stop('SIGKILL');
      if (next === undefined) {
        const seen = await within({ at }, ['ls', at], { milliseconds: DEADLINE });
        t.match(seen.output, /not connected/, `round ${round}: whoever looks in is told`);
      }
      for (const [how, name, log] of names) {
        const sure = sureOf(log);
        if (sure === undefined) continue;
        synced++;
        const wrong = lost(how, name, sure, readFileSync(join(store, 'kill', name)));
        if (wrong !== undefined) t.fail(wrong);
      }
      if (next === undefined && round % 2 === 0) {
        const { code, output } = await command(at, 'umount', at);
        t.same([code, output], [0, ''], `round ${round}: the dead mount is unmounted`);
        t.equal((await within({ at }, ['ls', at])).output, '', 'nothing is left there');
      }
      server = next ?? (await start(round + 1));
      if (next !== undefined || round % 2 === 1)
        t.match(server.log, /lost its server/, `round ${round}: the dead mount is replaced`);
      const { objects } = await server.client.list('kill');
      const listed = new Set(objects.map(({ key }) => key));
      for (const { key, size } of objects) {
        const got = await server.client.get('kill', key);
        if (got.status !== 200 || got.cut || got.body.length !== size)
          t.fail(`round ${round}: GET ${key}: ${got.status}, ${got.body.length} of ${size}`);
        const body = kept.get(key);
        if (body !== undefined && got.text !== body) t.fail(`round ${round}: ${key} is not what was put`);
        if (body !== undefined && got.headers['x-amz-meta-number'] === undefined)
          t.fail(`round ${round}: ${key} has no metadata`);
        // The next round is about its own objects.
        if (key.startsWith('put/')) await server.client.delete('kill', key);
      }
      for (const key of kept.keys())
        if (!listed.has(key)) t.fail(`round ${round}: ${key} was put, and is not there`);
      const tree = await within({ at }, ['find', join(at, 'kill'), '-type', 'f', '-exec', 'cat', '{}', '+'], {
        milliseconds: DEADLINE,
      });
      t.equal(tree.code, 0, `round ${round}: everything is read in the mount`);
    }
    const doctor = await command(at, 'doctor', store, '--listen', '127.0.0.1:0');
    t.notMatch(doctor.output, /^problem/m, 'doctor has no complaint');
    t.equal(await server.stop(), 0);
    t.comment(JSON.stringify(endings), `${hung} rounds left the mount hanging until the next start`);
    t.ok(synced > 0, `${synced} files had something synced`);
  },
);
