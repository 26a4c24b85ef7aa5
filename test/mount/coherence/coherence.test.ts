import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { StoreError } from '../../../lib/errors.js';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { Bucket } from '../../../lib/store/bucket.js';
import type { LocalStore } from '../../../lib/store/local.js';
import { Coherence, type CoherenceOptions } from '../../../mount/coherence/coherence.js';
import { StoreFilesystem } from '../../../mount/filesystem/store-filesystem.js';
import { OPTIONS } from '../../lib/store/bucket-in.js';
import { socketDirectory } from '../../lib/store/mount-door.js';
import { PHOTOS, put, storeIn } from '../../lib/store/store-in.js';
import { count, randomFrom } from '../../system/disk.js';
import { PLAIN_FILES } from '../filesystem/plain-metadata.js';
import { RememberingKernel } from './remembering-kernel.js';

interface Mounted {
  readonly kernel: RememberingKernel;
  readonly coherence: Coherence;
  readonly reports: StoreError[];
}

/** A mount of one bucket's directory, with a kernel that remembers. */
async function mounted(
  t: Test,
  directory: string,
  sockets: string,
  options: Partial<CoherenceOptions> = {},
): Promise<Mounted> {
  const reports: StoreError[] = [];
  const coherence = new Coherence({
    directory,
    buckets: [],
    isStore: false,
    at: '/mnt/photos',
    directories: [sockets],
    report: (error) => reports.push(error),
    ...options,
  });
  const bucket = new Bucket(PHOTOS, directory, true, OPTIONS);
  const filesystem = new StoreFilesystem({
    root: bucket,
    metadata: PLAIN_FILES,
    freshness: coherence.freshness,
  });
  const kernel = new RememberingKernel(filesystem);
  await coherence.start({
    nodes: filesystem.nodes,
    top: undefined,
    notifier: kernel.notifier,
    cached: false,
  });
  t.teardown(() => {
    coherence.close();
    filesystem.close();
    bucket.close();
  });
  return { kernel, coherence, reports };
}

/** A store of one bucket, served and mounted; resolves when the one has reached the other. */
async function served(
  t: Test,
  options: Partial<CoherenceOptions> = {},
): Promise<Mounted & { store: LocalStore; directory: string }> {
  const sockets = socketDirectory(t);
  const base = t.testdir({ photos: {} });
  const directory = join(base, 'photos');
  const mount = await mounted(t, directory, sockets, options);
  const { store } = await storeIn(t, {}, base, { mounts: [sockets] });
  await put(store, 'first', 'x');
  return { ...mount, store, directory };
}

function lstat(path: string): fs.BigIntStats | undefined {
  try {
    return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (/ENOTDIR/.test(String(error))) return undefined;
    throw error;
  }
}

/** What is so on the disk, as the mount is to tell it. */
function onDisk(path: string): string {
  const stat = lstat(path);
  if (stat === undefined) return 'missing';
  return [stat.ino, stat.mode, stat.nlink, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}

function inMount(kernel: RememberingKernel, path: string, rootIno: bigint): string {
  const stat = kernel.stat(path);
  if (stat === undefined) return 'missing';
  const ino = path === '' ? rootIno : BigInt.asUintN(48, stat.ino);
  return [ino, stat.mode, stat.nlink, stat.size, stat.mtimeNs, stat.ctimeNs].join(' ');
}

t.test('reached and watched, the kernel answers by itself, and is told what changes', async (t) => {
  const { kernel, store, directory } = await served(t);
  fs.mkdirSync(join(directory, 'd'));
  fs.writeFileSync(join(directory, 'd/f'), 'one');
  for (let turn = 0; turn < 3; turn++) for (const path of ['d/f', 'd/none']) kernel.stat(path);
  const before = kernel.asked;
  for (let turn = 0; turn < 100; turn++) for (const path of ['d/f', 'd/none']) kernel.stat(path);
  t.equal(kernel.asked, before, 'nothing is asked twice');
  await put(store, 'd/f', 'two, by PUT');
  t.equal(kernel.stat('d/f')?.size, 11);
  await put(store, 'd/none', 'there');
  t.equal(kernel.stat('d/none')?.size, 5);
  await store.delete(PHOTOS, 'd/f' as ObjectKey, {});
  t.equal(kernel.stat('d/f'), undefined);
});

t.test('what the kernel does not hold costs no notification', async (t) => {
  const { kernel, store } = await served(t);
  kernel.stat('none');
  await sleep(20);
  kernel.told.length = 0;
  for (let n = 0; n < 20; n++) await put(store, `deep/${n}/k`, 'x');
  const entries = kernel.told.filter(({ kind }) => kind === 'entry');
  t.match(entries, [{ kind: 'entry', name: Buffer.from('deep') }], 'that the directory is there now');
  t.equal(entries.length, 1);
});

t.test('without a publisher nothing is believed for more than a second', async (t) => {
  const sockets = socketDirectory(t);
  const directory = t.testdir({ d: { f: 'x' } });
  const { coherence, kernel } = await mounted(t, directory, sockets);
  const granted: number[] = [];
  const { freshness } = coherence;
  const asked = freshness.attributesFor.bind(freshness);
  freshness.attributesFor = (node, stat) => {
    const seconds = asked(node, stat);
    granted.push(seconds);
    return seconds;
  };
  for (let turn = 0; turn < 3; turn++) {
    kernel.stat('d/f');
    kernel.forget();
  }
  t.ok(granted.length > 0 && granted.every((seconds) => seconds <= 1), String(granted));
});

t.test('a directory that is only written into keeps its name; one that was replaced loses it', async (t) => {
  const { kernel, store, directory } = await served(t);
  await put(store, 'd/e/f', 'x');
  for (let turn = 0; turn < 3; turn++) kernel.stat('d/e/f');
  await sleep(20);
  const entries = (): string[] =>
    kernel.told.flatMap((told) => (told.kind === 'entry' ? [told.name.toString()] : []));
  kernel.told.length = 0;
  await put(store, 'd/e/f', 'again');
  await put(store, 'd/e/g', 'new');
  await sleep(20);
  t.notMatch(entries(), ['d'], 'somebody may be working there');
  t.notMatch(entries(), ['e']);
  for (let turn = 0; turn < 3; turn++) kernel.stat('d/e/f');
  kernel.told.length = 0;
  await store.deleteMany(
    PHOTOS,
    ['d/e/f', 'd/e/g'].map((key) => ({ key: key as ObjectKey, conditions: {} })),
  );
  t.equal(fs.existsSync(join(directory, 'd')), false, 'made for its keys, gone with them');
  t.ok(entries().includes('d'));
  t.equal(kernel.stat('d/e'), undefined);
});

t.test('a publisher waits for what the kernel waits for, but not for ever', async (t) => {
  const { kernel, store } = await served(t);
  for (let turn = 0; turn < 3; turn++) kernel.stat('first');
  let release: () => void = () => undefined;
  kernel.held = new Promise((resolve) => (release = resolve));
  kernel.told.length = 0;
  const start = performance.now();
  await put(store, 'first', 'while the kernel is busy');
  t.ok(performance.now() - start > 500, 'it was waited for');
  t.match(kernel.told, [{ kind: 'epoch' }], 'every name is looked up anew');
  t.equal(kernel.stat('first')?.size, 24);
  kernel.held = undefined;
  release();
});

t.test('the mount is there for whoever comes, and leaves nothing', async (t) => {
  const sockets = socketDirectory(t);
  const { coherence, reports } = await mounted(t, t.testdir({}), sockets);
  const [name = ''] = fs.readdirSync(sockets);
  t.match(name, /^[0-9a-f]{16}\.sock$/);
  t.equal(fs.lstatSync(join(sockets, name)).mode & 0o777, 0o600);
  coherence.close();
  t.strictSame(fs.readdirSync(sockets), []);
  t.strictSame(reports, []);
});

t.test('no watches left: nothing is believed for long, and nothing fails', async (t) => {
  const { kernel, store, directory } = await served(t, { maxWatches: 0 });
  for (let turn = 0; turn < 3; turn++) kernel.stat('first');
  fs.writeFileSync(join(directory, 'first'), 'changed behind us');
  await sleep(1100);
  t.equal(kernel.stat('first')?.size, 17);
  await put(store, 'first', 'by PUT');
  t.equal(kernel.stat('first')?.size, 6);
});

t.test('more names changed at once than are looked at in one go', async (t) => {
  const { kernel, directory } = await served(t);
  const names = Array.from({ length: 1800 }, (_, n) => `many/${n}`);
  fs.mkdirSync(join(directory, 'many'));
  for (const name of names) fs.writeFileSync(join(directory, name), 'x');
  for (let turn = 0; turn < 3; turn++) for (const name of names) kernel.stat(name);
  for (const name of names) fs.appendFileSync(join(directory, name), 'y');
  const stale = (): number => names.filter((name) => kernel.stat(name)?.size !== 2).length;
  for (let tries = 0; tries < 100 && stale() > 0; tries++) await sleep(10);
  t.equal(stale(), 0);
});

t.test('a log that is written and never closed is seen growing, however fast', async (t) => {
  const { kernel, directory } = await served(t);
  fs.writeFileSync(join(directory, 'log'), '');
  fs.writeFileSync(join(directory, 'quiet'), '');
  for (let turn = 0; turn < 3; turn++) for (const name of ['log', 'quiet']) kernel.stat(name);
  const log = fs.openSync(join(directory, 'log'), 'a');
  const quiet = fs.openSync(join(directory, 'quiet'), 'a');
  t.teardown(() => [log, quiet].forEach((fd) => fs.closeSync(fd)));
  const within = async (name: string): Promise<boolean> => {
    const { size } = fs.statSync(join(directory, name));
    for (const until = performance.now() + 1000; performance.now() < until;) {
      if (kernel.stat(name)?.size === size) return true;
      await sleep(5);
    }
    return false;
  };
  for (let turn = 0; turn < 4; turn++) {
    fs.writeSync(log, 'a line\n');
    t.ok(await within('log'));
  }
  for (let turn = 0; turn < 4; turn++) {
    for (let burst = 0; burst < 30; burst++) {
      for (let lines = 0; lines < 100; lines++) fs.writeSync(log, 'a line\n');
      fs.writeSync(quiet, '.');
      await sleep(1);
    }
    t.ok(await within('log'), 'the last of thousands');
    t.ok(await within('quiet'), 'also what is beside it');
  }
});

const STEPS = count('TEST_MOUNT_STEPS', 3000);
const SEED = count('TEST_SEED', Date.now() % 1_000_000);
const DIRECTORIES = ['', 'a/', 'a/b/', 'c/'];
const NAMES = ['x', 'y.txt', 'é', 'a', 'b'];
const PATHS = DIRECTORIES.flatMap((directory) => NAMES.map((name) => directory + name));

t.test('whoever changes what, the kernel never tells what was', { timeout: 0 }, async (t) => {
  const { kernel, store, directory } = await served(t);
  const rootIno = fs.statSync(directory, { bigint: true }).ino;
  const random = randomFrom(SEED);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const disk = (path: string): string => join(directory, path);
  let serial = 0;
  const content = (): string => `${++serial} `.repeat(1 + Math.floor(random() * 20));
  const isFile = (path: string): boolean => lstat(disk(path))?.isFile() === true;
  const files = (): string[] => PATHS.filter(isFile);
  const key = (path: string): ObjectKey => path as ObjectKey;
  const bucket: BucketName = PHOTOS;
  const hasParent = (path: string): boolean => lstat(disk(dirname(path)))?.isDirectory() === true;

  type Step = (path: string) => Promise<unknown>;
  const byStore: Record<string, Step> = {
    PUT: (path) => put(store, path, content()),
    DELETE: (path) => store.delete(bucket, key(path), {}),
    'DELETE both': (path) =>
      store.deleteMany(
        bucket,
        [path, pick(PATHS)].map((each) => ({ key: key(each), conditions: {} })),
      ),
    tag: async (path) => {
      if (isFile(path)) await store.setTags(bucket, key(path), [{ key: 'k', value: String(serial++) }]);
    },
    RenameObject: async (path) => {
      const to = pick(PATHS);
      const anyhow = { source: {}, target: {} };
      if (isFile(path) && to !== path) await store.rename(bucket, key(path), key(to), anyhow);
    },
  };
  const byMount: Record<string, Step> = {
    'write in the mount': async (path) => {
      const there = kernel.stat(path);
      if (hasParent(path) && (there === undefined || isFile(path))) await kernel.write(path, content());
    },
    'unlink in the mount': async (path) => {
      if (isFile(path)) await kernel.unlink(path);
    },
    'mkdir in the mount': async (path) => {
      if (hasParent(path) && !fs.existsSync(disk(path))) await kernel.mkdir(path);
    },
    'rename in the mount': async (path) => {
      const to = pick(PATHS);
      if (!isFile(path) || to === path || !hasParent(to)) return;
      if (!fs.existsSync(disk(to)) || isFile(to)) await kernel.rename(path, to);
    },
    'memory is short': async () => kernel.forget(),
  };
  const byHand: Record<string, Step> = {
    write: async (path) => {
      if (hasParent(path) && (!fs.existsSync(disk(path)) || isFile(path)))
        fs.writeFileSync(disk(path), content());
    },
    append: async (path) => {
      if (isFile(path)) fs.appendFileSync(disk(path), content());
    },
    rm: async (path) => {
      if (fs.existsSync(disk(path))) fs.rmSync(disk(path), { recursive: true });
    },
    mkdir: async (path) => {
      if (hasParent(path) && !fs.existsSync(disk(path))) fs.mkdirSync(disk(path));
    },
    mv: async (path) => {
      const to = pick(PATHS);
      if (!fs.existsSync(disk(path)) || !hasParent(to) || `${to}/`.startsWith(`${path}/`)) return;
      try {
        fs.renameSync(disk(path), disk(to));
      } catch (error) {
        if (!/ENOTEMPTY|EISDIR|ENOTDIR|EEXIST|EINVAL/.test(String(error))) throw error;
      }
    },
    chmod: async (path) => {
      if (fs.existsSync(disk(path))) fs.chmodSync(disk(path), pick([0o755, 0o700, 0o777]));
    },
    ln: async (path) => {
      const to = pick(PATHS);
      if (isFile(path) && hasParent(to) && !fs.existsSync(disk(to))) fs.linkSync(disk(path), disk(to));
    },
  };

  const wrong = (): string | undefined => {
    for (const path of ['', ...DIRECTORIES.slice(1).map((each) => each.slice(0, -1)), ...PATHS]) {
      const there = onDisk(disk(path));
      const seen = inMount(kernel, path, rootIno);
      if (there !== seen) return `${path}: ${seen} in place of ${there}`;
    }
    return undefined;
  };

  t.comment(`${STEPS} steps, seed ${SEED}`);
  const trail: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const hand = random() < 0.4;
    const steps = hand ? byHand : random() < 0.6 ? byStore : byMount;
    const name = pick(Object.keys(steps));
    const path = random() < 0.7 ? pick(PATHS) : (pick(files()) ?? pick(PATHS));
    trail.push(`${name} ${path}`);
    await steps[name]?.(path);
    let stale = wrong();
    for (const until = performance.now() + 1000; hand && stale !== undefined && performance.now() < until;) {
      await sleep(1);
      stale = wrong();
    }
    if (stale !== undefined) {
      t.fail(`step ${step}, seed ${SEED}: ${stale}\n${trail.slice(-15).join('\n')}`);
      return;
    }
  }
  t.ok(kernel.asked > 0);
  t.comment(`${kernel.asked} questions, ${kernel.told.length} notifications`);
});
