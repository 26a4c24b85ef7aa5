/**
 * The mount beside the directory itself and bindfs, the plain FUSE mirror. Each call is made by a process that does
 * not serve. Wake-ups across processors decide much of it: `taskset -c 0 npm run bench -- --only mount` has none.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUCKET, startBucketree, type Endpoint } from '../endpoint.js';
import type { FileOperation } from '../load/files.js';
import type { Seen } from '../load/visibility.js';
import { attempt, type Bench, type Measure } from '../measure.js';
import { judged, type Row, type Wanted } from '../table.js';

const MODES = ['passthrough', 'cached'] as const;
const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const NATIVE = 'the directory';
const ENTRIES = 10_000;

interface Subject {
  readonly name: string;
  /** A directory in it to work in. */
  readonly directory: string;
  readonly endpoint?: Endpoint;
  end(): Promise<void>;
}

function native(bench: Bench): Subject {
  return { name: NATIVE, directory: join(bench.store('native'), BUCKET), end: async () => undefined };
}

async function bindfs(bench: Bench): Promise<Subject> {
  const store = bench.store('bindfs');
  const at = join(bench.scratch, 'bindfs-mount');
  mkdirSync(at, { recursive: true });
  const child = spawn('bindfs', ['-f', store, at], { stdio: 'ignore' });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    setTimeout(resolve, 1000);
  });
  return { name: 'bindfs', directory: join(at, BUCKET), end: async () => void spawnSync('umount', [at]) };
}

async function ours(bench: Bench, mode: (typeof MODES)[number]): Promise<Subject> {
  const store = bench.store(`mount-${mode}`);
  const at = join(bench.scratch, `mount-${mode}-at`);
  mkdirSync(at, { recursive: true });
  const flags = [...bench.options.flags, '--mount', at, '--mount-mode', mode];
  const endpoint = await startBucketree(store, 'none', flags);
  return {
    name: `bucketree, ${mode}`,
    directory: join(at, BUCKET),
    endpoint,
    end: () => endpoint.stop(),
  };
}

interface Call {
  readonly operation: FileOperation;
  readonly what: string;
  readonly wanted?: Wanted;
  /** Judged in passthrough only: through us the bytes are copied. */
  readonly passthroughOnly?: boolean;
}

const atLeast = (ratioAtLeast: number, of: string): Wanted => ({ ratioAtLeast, of });

const CALLS: readonly Call[] = [
  { operation: 'stat', what: 'stat, cached', wanted: atLeast(0.75, NATIVE) },
  { operation: 'missing', what: 'stat of a missing name' },
  { operation: 'open', what: 'open, read 4 KiB, close', wanted: atLeast(1.5, 'bindfs') },
  { operation: 'create', what: 'create, write 4 KiB, close', wanted: atLeast(1.2, 'bindfs') },
  { operation: 'unlink', what: 'unlink' },
  { operation: 'rename', what: 'rename' },
  ...(['read', 'write'] as const).flatMap((verb) =>
    (['sequential', 'random'] as const).flatMap((order) => [
      { operation: `${verb} ${order} 4 KiB`, what: `${verb} 4 KiB, ${order}` } as const,
      {
        operation: `${verb} ${order} 1 MiB`,
        what: `${verb} 1 MiB, ${order}`,
        wanted: atLeast(0.9, NATIVE),
        passthroughOnly: true,
      } as const,
    ]),
  ),
];

function ratioTo(reference: string, rates: ReadonlyMap<string, number>, rate: number): number {
  return rate / (rates.get(reference) ?? Number.NaN);
}

async function calls(bench: Bench, subjects: readonly Subject[]): Promise<void> {
  const seconds = Math.min(bench.options.seconds, 3);
  for (const { operation, what, wanted, passthroughOnly } of CALLS) {
    const rates = new Map<string, number>();
    for (const { name, directory } of subjects) {
      await attempt(bench, `${what}, ${name}`, async () => {
        const job = { directory: join(directory, 'calls'), operation, seconds };
        const result = await bench.load.ask('files', job);
        const rate = result.calls / result.seconds;
        rates.set(name, rate);
        const reference = wanted !== undefined && 'of' in wanted ? wanted.of : NATIVE;
        const row: Row = {
          measure: 'mount',
          what,
          who: name,
          value: rate,
          unit: 'req/s',
          ...(name === NATIVE ? {} : { ratio: ratioTo(reference, rates, rate), note: `of ${reference}` }),
        };
        const judge = wanted !== undefined && name.startsWith('bucketree');
        bench.add(
          judge && !(passthroughOnly === true && !name.endsWith('passthrough')) ? judged(row, wanted) : row,
        );
      });
    }
  }
}

/** Seconds a shell command takes in a directory, `$1`. @throws Error with what it printed */
function secondsOf(text: string, directory: string): number {
  const began = performance.now();
  const { status, stderr } = spawnSync('bash', ['-c', `set -e\n${text}`, 'bash', directory], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return (performance.now() - began) / 1000;
}

const DROP = 'sync; echo 2 > /proc/sys/vm/drop_caches';

const COMMANDS: readonly { readonly what: string; readonly before?: string; readonly text: string }[] = [
  { what: 'ls -l of 10,000 files, cold', before: DROP, text: 'ls -l "$1/entries" > /dev/null' },
  { what: 'ls -l of 10,000 files, warm', text: 'ls -l "$1/entries" > /dev/null' },
  {
    what: 'git clone of this repository',
    before: 'rm -rf "$1/clone"',
    text: `git clone -q "file://${REPOSITORY}" "$1/clone"`,
  },
  {
    what: 'tar x of a tree',
    before: 'rm -rf "$1/tree"; mkdir "$1/tree"',
    text: 'tar xf "$TREE" -C "$1/tree"',
  },
];

async function commands(bench: Bench, subjects: readonly Subject[]): Promise<void> {
  const tree = join(bench.scratch, 'tree.tar');
  spawnSync('tar', ['cf', tree, '-C', REPOSITORY, 'lib', 'server', 'cli', 'test', 'dist']);
  process.env['TREE'] = tree;
  for (const { directory } of subjects) {
    await bench.load.ask('manyFiles', { directory: join(directory, 'entries'), count: ENTRIES });
  }
  for (const { what, before, text } of COMMANDS) {
    let reference = Number.NaN;
    for (const { name, directory } of subjects) {
      await attempt(bench, `${what}, ${name}`, async () => {
        if (before !== undefined) secondsOf(before, directory);
        const value = secondsOf(text, directory);
        if (name === NATIVE) reference = value;
        const ratio = name === NATIVE ? {} : { ratio: value / reference, note: `times ${NATIVE}` };
        bench.add({ measure: 'mount', what, who: name, value, unit: 's', ...ratio });
      });
    }
  }
}

function percentile(times: readonly number[], share: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
}

async function visible(bench: Bench, subject: Subject): Promise<void> {
  const { endpoint, directory, name } = subject;
  if (endpoint === undefined) return;
  const job = { target: endpoint.target, directory, rounds: 500 };
  const { overHttp, inMount } = await bench.load.ask('visibility', job);
  const add = (what: string, seen: Seen): void => {
    const note = `p99 ${percentile(seen.times, 0.99).toFixed(2)} ms, ${seen.stale} stale looks`;
    bench.add({ measure: 'mount', what, who: name, value: percentile(seen.times, 0.5), unit: 'ms', note });
  };
  add('saved in the mount until a GET shows it', overHttp);
  add('PUT answered until the mount shows it', inMount);
}

export const mounts: readonly Measure[] = [
  {
    name: 'mount',
    about: 'system calls and programs in the mount, beside the directory itself and bindfs',
    async run(bench) {
      const subjects: Subject[] = [native(bench)];
      try {
        await attempt(bench, 'bindfs', async () => void subjects.push(await bindfs(bench)));
        for (const mode of MODES) {
          await attempt(bench, mode, async () => void subjects.push(await ours(bench, mode)));
        }
        await calls(bench, subjects);
        await commands(bench, subjects);
        for (const subject of subjects) await attempt(bench, 'visibility', () => visible(bench, subject));
      } finally {
        for (const { end } of subjects) await end();
      }
    },
  },
];
