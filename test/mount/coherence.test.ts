/**
 * One store, three doors: S3 requests, programs in the mount, and a person at the disk, in random order. After each
 * step the mount, asked by another process than the one that acted, tells what is so: attributes, content, listings
 * and extended attributes; and so does S3. Only what was done at the disk has a second to show in the mount.
 * TEST_MOUNT_STEPS says how many steps, TEST_SEED which ones.
 */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Client } from '../system/client.js';
import { count, directory, lacking, randomFrom } from '../system/disk.js';
import { serve } from '../system/server.js';
import { Hand, type Seen } from './hand.js';
import { mountOf } from './mount-process.js';
import { mounted, mountNeeded, type Mode } from './mounted.js';

const STEPS = count('TEST_MOUNT_STEPS', 400);
const SEED = count('TEST_SEED', Date.now() % 1_000_000);
const BUCKET = 'both';

const DIRECTORIES = ['', 'd/', 'd/deep/', 'keys/'];
const NAMES = ['a', 'b.txt', 'é', 'd e'];
const PATHS = DIRECTORIES.flatMap((path) => NAMES.map((name) => path + name));
const FOLDERS = ['', 'd', 'd/deep', 'keys'];

interface Doors {
  readonly client: Client;
  /** The bucket's directory. */
  readonly root: string;
  readonly hands: readonly Hand[];
  /** What was logged so far. */
  readonly log: () => string;
}

type Form = 'one daemon' | 'two processes' | 'two workers';

async function doors(t: Test, form: Form, mode: Mode): Promise<Doors> {
  if (form === 'one daemon') {
    const { server, at, store } = await mounted(t, { mode });
    fs.mkdirSync(join(store, BUCKET));
    return { client: server.client, root: join(store, BUCKET), hands: handsIn(t, at), log: () => server.log };
  }
  const base = directory(t);
  const store = join(base, 'store');
  const at = join(base, 'mnt');
  fs.mkdirSync(join(store, BUCKET), { recursive: true });
  const mount = await mountOf(t, store, at, { mode });
  const server = await serve(t, { store, flags: form === 'two workers' ? ['--workers', '2'] : [] });
  return {
    client: server.client,
    root: join(store, BUCKET),
    hands: handsIn(t, at),
    log: () => `${server.log}\n${JSON.stringify(mount.said)}`,
  };
}

/** Two who act and look by turns, and one who only looks. */
function handsIn(t: Test, at: string): readonly Hand[] {
  return Array.from({ length: 3 }, () => new Hand(t, at, join(at, BUCKET)));
}

function lstat(path: string): fs.BigIntStats | undefined {
  try {
    return fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (/ENOTDIR/.test(String(error))) return undefined;
    throw error;
  }
}

/** What a name is on the disk, in the words of `hand.py`. */
function onDisk(path: string): Seen {
  const stat = lstat(path);
  if (stat === undefined) return { errno: 'ENOENT' };
  const seen = {
    mode: Number(stat.mode),
    nlink: Number(stat.nlink),
    size: Number(stat.size),
    mtime: String(stat.mtimeNs),
    ctime: String(stat.ctimeNs),
  };
  if (stat.isDirectory()) {
    const names = fs.readdirSync(path).filter((name) => name !== '.bucketree');
    return { ...seen, names: names.toSorted() };
  }
  return { ...seen, body: fs.readFileSync(path).toString('base64'), fstat: Number(stat.size) };
}

/** undefined: the same. Orders of names are compared by code points, as Python does. */
function difference(path: string, seen: Seen, there: Seen): string | undefined {
  const normal = (value: Seen): string =>
    JSON.stringify(
      value.errno === undefined
        ? Object.entries({ ...value, names: value.names?.toSorted() }).toSorted(([a], [b]) =>
            a < b ? -1 : 1,
          )
        : 'missing',
    );
  return normal(seen) === normal(there) ? undefined : `${path}: ${normal(seen)} in place of ${normal(there)}`;
}

const forms: readonly (readonly [Form, Mode])[] = [
  ['two processes', 'passthrough'],
  ['two processes', 'cached'],
  ['two workers', 'passthrough'],
  ['one daemon', 'passthrough'],
];

for (const [form, mode] of forms) {
  t.test(
    `${form}, ${mode}: no door tells what was`,
    { timeout: 0, skip: lacking(mountNeeded()) },
    async (t) => {
      const { client, root, hands, log } = await doors(t, form, mode);
      await walk(t, client, root, hands, log);
    },
  );
}

t.test('buckets come and go at the top at once', { timeout: 0, skip: lacking(mountNeeded()) }, async (t) => {
  const { server, at } = await mounted(t);
  const { client } = server;
  const hand = new Hand(t, at, at);
  for (let turn = 0; turn < 10; turn++) {
    t.same((await hand.look(['fresh']))['fresh'], { errno: 'ENOENT' });
    t.equal((await client.makeBucket('fresh')).status, 200);
    const made = await hand.look(['', 'fresh']);
    t.same([made['']?.names, made['fresh']?.names], [['fresh'], []]);
    t.equal((await client.put('fresh', 'd/k', 'x')).status, 200);
    t.same((await hand.look(['fresh']))['fresh']?.names, ['d']);
    t.equal((await client.delete('fresh', 'd/k')).status, 204);
    t.equal((await client.ask('DELETE', 'fresh')).status, 204);
    const gone = await hand.look(['', 'fresh/d', 'fresh']);
    t.same([gone['']?.names, gone['fresh/d'], gone['fresh']], [[], { errno: 'ENOENT' }, { errno: 'ENOENT' }]);
  }
});

async function walk(
  t: Test,
  client: Client,
  root: string,
  hands: readonly Hand[],
  log: () => string,
): Promise<void> {
  const random = randomFrom(SEED);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const disk = (path: string): string => join(root, path);
  const isFile = (path: string): boolean => lstat(disk(path))?.isFile() === true;
  const isThere = (path: string): boolean => lstat(disk(path)) !== undefined;
  const hasParent = (path: string): boolean => lstat(disk(dirname(path)))?.isDirectory() === true;
  const files = (): readonly string[] => PATHS.filter(isFile);
  let serial = 0;
  const content = (): Buffer => Buffer.from(`${++serial}:`.padEnd(3 + Math.floor(random() * 60), 'x'));
  const base64 = (): string => content().toString('base64');

  type Step = (path: string, hand: Hand) => Promise<unknown>;
  const http = async (
    answer: Promise<{ status: number; text: string }>,
    ...fine: number[]
  ): Promise<void> => {
    const { status, text } = await answer;
    if (!fine.includes(status)) throw new Error(`${status} ${text}`);
  };
  const byRequest: Record<string, Step> = {
    PUT: (path) => http(client.put(BUCKET, path, content(), { 'x-amz-tagging': `n=${serial}` }), 200),
    DELETE: (path) => http(client.delete(BUCKET, path), 204),
    CopyObject: async (path) => {
      const from = files();
      if (from.length > 0) await http(client.copy(BUCKET, pick(from), path), 200, 400);
    },
    PutObjectTagging: (path) => http(client.tag(BUCKET, path, 'n', String(++serial)), 200, 404),
  };
  const inMount: Record<string, Step> = {
    write: (path, hand) => hand.try('write', path, base64()),
    overwrite: (path, hand) => hand.try('overwrite', path, base64()),
    append: (path, hand) => hand.try('append', path, base64()),
    save: (path, hand) => hand.try('save', path, base64()),
    truncate: (path, hand) => hand.try('truncate', path, Math.floor(random() * 20)),
    touch: (path, hand) => hand.try('touch', path, 1_000_000_000 + ++serial),
    chmod: (path, hand) => hand.try('chmod', path, pick([0o644, 0o640, 0o755])),
    remove: (path, hand) => hand.try('remove', path),
    mkdir: (path, hand) => hand.try('mkdir', dirname(path)),
    rename: (path, hand) => hand.try('rename', path, pick(PATHS)),
    'rename a directory': (_, hand) => hand.try('rename', pick(FOLDERS.slice(1)), pick(FOLDERS.slice(1))),
    setxattr: (path, hand) => hand.try('setxattr', path, 'user.s3.tag.n', String(++serial)),
  };
  const byHand: Record<string, Step> = {
    write: async (path) => {
      if (hasParent(path) && (isFile(path) || !isThere(path))) fs.writeFileSync(disk(path), content());
    },
    append: async (path) => {
      if (isFile(path)) fs.appendFileSync(disk(path), content());
    },
    save: async (path) => {
      if (!hasParent(path) || !(isFile(path) || !isThere(path))) return;
      fs.writeFileSync(disk(`${path}.new`), content());
      fs.renameSync(disk(`${path}.new`), disk(path));
    },
    rm: async (path) => {
      if (isThere(path)) fs.rmSync(disk(path), { recursive: true });
    },
    mkdir: async (path) => {
      fs.mkdirSync(disk(dirname(path)), { recursive: true });
    },
    chmod: async (path) => {
      if (isThere(path)) fs.chmodSync(disk(path), pick([0o644, 0o755]));
    },
    mv: async (path) => {
      const to = pick(PATHS);
      if (isFile(path) && hasParent(to) && (isFile(to) || !isThere(to))) fs.renameSync(disk(path), disk(to));
    },
    'mv a directory': async () => {
      const [from, to] = [pick(FOLDERS.slice(1)), pick(FOLDERS.slice(1))];
      if (isThere(from) && !isThere(to) && hasParent(to) && !to.startsWith(`${from}/`))
        fs.renameSync(disk(from), disk(to));
    },
  };

  /** What the mount tells, against the disk. Names differ in both when somebody is at work, which nobody is. */
  const mountIsWrong = async (hand: Hand, paths: readonly string[]): Promise<string | undefined> => {
    const seen = await hand.look(paths);
    for (const path of paths) {
      const wrong = difference(path, seen[path] ?? {}, onDisk(disk(path)));
      if (wrong !== undefined) return `in the mount, ${wrong}`;
    }
    return undefined;
  };
  const requestIsWrong = async (path: string): Promise<string | undefined> => {
    const there = onDisk(disk(path));
    const answer = await client.get(BUCKET, path);
    const file = there.body !== undefined;
    if (answer.status !== (file ? 200 : 404)) return `GET ${path}: ${answer.status}`;
    if (!file) return undefined;
    if (answer.body.toString('base64') !== there.body) return `GET ${path}: other bytes`;
    const { headers } = answer;
    const names = ['user.s3.etag', 'user.s3.content-type', 'user.s3.tag.n'];
    const values = (await pick(hands.slice(0, 2)).do('attributes', path, names)) as Record<string, string>;
    if (values['user.s3.etag'] !== answer.etag)
      return `${path}: ETag ${answer.etag}, ${values['user.s3.etag']}`;
    if (values['user.s3.content-type'] !== headers['content-type'])
      return `${path}: ${headers['content-type']}, in the mount ${values['user.s3.content-type']}`;
    const tags = await client.ask('GET', BUCKET, path, { query: { tagging: '' } });
    const [, tag = 'ENODATA'] = /<Key>n<\/Key><Value>([^<]*)</.exec(tags.text) ?? [];
    return tag === values['user.s3.tag.n'] ? undefined : `${path}: tag ${tag}, ${values['user.s3.tag.n']}`;
  };
  const listIsWrong = async (): Promise<string | undefined> => {
    const { objects } = await client.list(BUCKET);
    const listed = objects.filter(({ key }) => !key.endsWith('/')).map(({ key, size }) => `${key} ${size}`);
    const there = (path: string): string[] =>
      (onDisk(disk(path)).names ?? []).flatMap((name) => {
        const below = path === '' ? name : `${path}/${name}`;
        const { names, size } = onDisk(disk(below));
        return names === undefined ? [`${below} ${size}`] : there(below);
      });
    const wanted = there('');
    return listed.toSorted().join('\n') === wanted.toSorted().join('\n')
      ? undefined
      : `LIST: ${listed.join(', ')} in place of ${wanted.join(', ')}`;
  };

  /** A store through a mapping shows in a GET while it is mapped, and everywhere when it is not. */
  const storeThroughMapping = async (hand: Hand, observer: Hand): Promise<string | undefined> => {
    const path = files().find((each) => fs.statSync(disk(each)).size > 0);
    if (path === undefined) return undefined;
    const letter = String.fromCodePoint(65 + (serial++ % 26));
    await hand.do('store', path, letter);
    const { text } = await client.get(BUCKET, path);
    // Closed, and mapped: rsync goes by the time it is told now.
    const wrong = await mountIsWrong(observer, [path]);
    await hand.do('unmap', path);
    if (wrong !== undefined) return wrong;
    return text.startsWith(letter) ? undefined : `GET ${path}: ${text.slice(0, 5)} in place of ${letter}`;
  };

  // Somebody who looks at everything all the time: what is being answered when it changes must not stay.
  let done = false;
  const [, , bystander] = hands;
  const looking = (async (): Promise<void> => {
    while (!done && bystander !== undefined) await bystander.look([...FOLDERS, ...PATHS]);
  })();

  t.comment(`${STEPS} steps, seed ${SEED}`);
  const trail: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    const path = random() < 0.5 ? pick(PATHS) : (pick(files()) ?? pick(PATHS));
    const chance = random();
    const [steps, who] =
      chance < 0.4
        ? ([byRequest, 'S3'] as const)
        : chance < 0.75
          ? ([inMount, 'mount'] as const)
          : ([byHand, 'disk'] as const);
    const name = pick(Object.keys(steps));
    const [actor, observer] = random() < 0.5 ? [hands[0], hands[1]] : [hands[1], hands[0]];
    if (actor === undefined || observer === undefined) throw new Error('two hands');
    trail.push(`${who}: ${name} ${path}`);
    let wrong: string | undefined;
    try {
      await steps[name]?.(path, actor);
      const watched = [...new Set([path, pick(PATHS), ...FOLDERS])];
      wrong = await mountIsWrong(observer, watched);
      for (const until = Date.now() + 1000; who === 'disk' && wrong !== undefined && Date.now() < until;) {
        await sleep(2);
        wrong = await mountIsWrong(observer, watched);
      }
      if (step % 4 === 0) wrong ??= await mountIsWrong(actor, [...FOLDERS, ...PATHS]);
      if (step % 2 === 0) wrong ??= await requestIsWrong(path);
      if (step % 10 === 0) wrong ??= await listIsWrong();
      if (step % 50 === 49) wrong ??= await storeThroughMapping(actor, observer);
    } catch (error) {
      wrong = String(error);
    }
    if (wrong !== undefined) {
      t.comment(log().slice(-3000));
      t.fail(`step ${step}, seed ${SEED}: ${wrong}\n${trail.slice(-12).join('\n')}`);
      break;
    }
  }
  done = true;
  await looking;
  t.pass(`${STEPS} steps`);
}
