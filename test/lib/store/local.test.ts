import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { StoreError } from '../../../lib/errors.js';
import { type BucketName, type ObjectKey, parseBucketName } from '../../../lib/names.js';
import { type LocalStore, openStore } from '../../../lib/store/local.js';
import type { ReceivedBody, ReceiveTarget } from '../../../lib/store/store.js';
import { rootId } from '../../../lib/store/mount-wire.js';
import { md5Of } from './md5-of.js';
import { MountDoor, socketDirectory } from './mount-door.js';
import { completion, creation } from './multipart.js';
import { PLAIN } from './objects.js';
import { openAt } from './open-files.js';
import { get, head, PHOTOS, put, storeIn } from './store-in.js';

const MIB = 1024 * 1024;
const REQUEST = { attributes: PLAIN, conditions: {}, checksums: [] };

async function receive(store: LocalStore, content: Uint8Array, target: ReceiveTarget): Promise<ReceivedBody> {
  const options = { size: content.length, algorithms: [], payloadSha256: false } as const;
  const receiver = store.receive(target, options);
  await receiver.write(content);
  return receiver.finish();
}

function toObject(name: ObjectKey): ReceiveTarget {
  return { kind: 'object', bucket: PHOTOS, key: name };
}

const key = (text: string): ObjectKey => text as ObjectKey;

t.test('what was put is what is got, small and large', async (t) => {
  const { store } = await storeIn(t);
  for (const size of [0, 1, 1000, 100_000, 200_000, 1_048_577, 5_000_000]) {
    const bytes = randomBytes(size);
    const info = await put(store, `size ${size}`, bytes);
    t.equal(info.size, size);
    for (const turn of ['cold', 'hot'])
      t.ok((await get(store, `size ${size}`)).equals(bytes), `${size} ${turn}`);
    t.equal((await head(store, `size ${size}`)).etag, info.etag);
  }
});

t.test('no change made behind our back is missed, cold or hot', async (t) => {
  const { store, directory } = await storeIn(t);
  const path = `${directory}/photos/file`;
  const changes: ((turn: number) => string)[] = [
    (turn) => {
      writeFileSync(path, `written ${turn}`);
      return `written ${turn}`;
    },
    (turn) => {
      writeFileSync(`${path}.new`, `renamed ${turn}`);
      renameSync(`${path}.new`, path);
      return `renamed ${turn}`;
    },
    () => {
      appendFileSync(path, '+');
      return readFileSync(path, 'utf8');
    },
  ];
  for (let turn = 0; turn < 24; turn++) {
    const expected = changes[turn % changes.length]?.(turn) ?? '';
    if (turn % 4 === 0) await sleep(15);
    for (let again = 0; again < 3; again++) {
      t.equal((await get(store, 'file')).toString(), expected);
      t.equal((await head(store, 'file')).size, expected.length);
    }
  }
  rmSync(path);
  await t.rejects(head(store, 'file'), { code: 'NoSuchKey' });
  await t.rejects(get(store, 'file'), { code: 'NoSuchKey' });
});

t.test('two stores on one directory see each other’s writes at once', async (t) => {
  const { store: one, directory } = await storeIn(t);
  const { store: two } = await storeIn(t, {}, directory);
  for (let turn = 0; turn < 12; turn++) {
    await put(turn % 2 === 0 ? one : two, 'a', `turn ${turn}`);
    for (const store of [one, two]) t.equal((await get(store, 'a')).toString(), `turn ${turn}`);
  }
});

t.test('a hot answer is given at once, not by a promise', async (t) => {
  const { store } = await storeIn(t);
  await put(store, 'a', 'content');
  await get(store, 'a');
  const info = store.head(PHOTOS, key('a'));
  t.notOk(info instanceof Promise);
  const reader = store.open(PHOTOS, key('a'));
  t.notOk(reader instanceof Promise);
});

t.test(
  'a reader of a large object finishes with its bytes though it is replaced, deleted or closed early',
  async (t) => {
    const { store } = await storeIn(t);
    const bytes = randomBytes(4_000_000);
    await put(store, 'a', bytes);
    const reader = await store.open(PHOTOS, key('a'));
    const blocks: Buffer[] = [];
    await reader.pump(0, bytes.length, async (block) => {
      if (blocks.length === 0) await put(store, 'a', 'new');
      if (blocks.length === 1) await store.delete(PHOTOS, key('a'), {});
      if (blocks.length === 2) reader.close();
      blocks.push(Buffer.from(block));
    });
    t.ok(Buffer.concat(blocks).equals(bytes));
    await t.rejects(
      reader.pump(0, 1, () => undefined),
      { code: 'Internal' },
    );
    reader.close();
  },
);

t.test('every change is announced once, after it succeeded, with its tag', async (t) => {
  const { store } = await storeIn(t);
  const heard: string[] = [];
  store.feed.subscribe({}, ({ bucket, key: name, kind, etag }) =>
    heard.push(`${kind} ${bucket}/${name} ${etag ?? ''}`.trim()),
  );
  const { etag } = await put(store, 'a', 'content');
  await t.rejects(put(store, 'a', 'x', {}, { ifNoneMatch: '*' }));
  await store.setTags(PHOTOS, key('a'), [{ key: 'k', value: 'v' }]);
  await store.rename(PHOTOS, key('a'), key('b'), { source: {}, target: {} });
  await store.deleteMany(PHOTOS, [
    { key: key('b'), conditions: { ifSize: 1 } },
    { key: key('c'), conditions: {} },
  ]);
  await store.delete(PHOTOS, key('b'), {});
  await store.createBucket('music' as BucketName, {});
  await store.deleteBucket('music' as BucketName);
  t.same(heard, [
    `put photos/a ${etag}`,
    'metadata photos/a',
    `put photos/b ${etag}`,
    'delete photos/a',
    'delete photos/c',
    'delete photos/b',
    'bucket music/',
    'bucket music/',
  ]);
});

t.test('leftovers are swept when a store is opened', async (t) => {
  const directory = t.testdir({ photos: { '.bucketree': { tmp: {} } } });
  const tmp = `${directory}/photos/.bucketree/tmp`;
  writeFileSync(`${tmp}/0123456789abcdef01234567`, 'left behind');
  const { reports } = await storeIn(t, {}, directory);
  for (let turn = 0; turn < 200 && readdirSync(tmp).length > 0; turn++) await sleep(10);
  t.same(readdirSync(tmp), []);
  t.same(reports, []);
});

t.test('what listings leave out is reported once, not with every page', async (t) => {
  const { store, reports, directory } = await storeIn(t, {}, t.testdir({ photos: { a: {}, b: 'listed' } }));
  writeFileSync(Buffer.from(`${directory}/photos/caf\xe9`, 'latin1'), 'not UTF-8');
  writeFileSync(Buffer.from(`${directory}/photos/a/caf\xe9`, 'latin1'), 'not UTF-8');
  for (const prefix of ['', 'a/', 'b', '']) {
    await store.list(PHOTOS, { prefix, delimiter: '', after: '', limit: 1 });
  }
  t.match(reports, [{ code: 'InvalidKey', message: /^photos: one name here is not UTF-8/ }]);
  t.equal(reports.length, 1);
});

t.test('read-only, nothing at all is written into the tree', async (t) => {
  const directory = t.testdir({ photos: { a: 'content' } });
  mkdirSync(`${directory}/photos/.bucketree/tmp`, { recursive: true });
  writeFileSync(`${directory}/photos/.bucketree/tmp/0123456789abcdef01234567`, '');
  const { store } = await storeIn(t, { readOnly: true }, directory);
  t.equal((await get(store, 'a')).toString(), 'content');
  t.throws(
    () =>
      store.receive(
        { kind: 'object', bucket: PHOTOS, key: key('b') },
        { size: 1, algorithms: [], payloadSha256: false },
      ),
    { code: 'ReadOnly' },
  );
  await t.rejects(store.delete(PHOTOS, key('a'), {}), { code: 'ReadOnly' });
  await t.rejects(store.setTags(PHOTOS, key('a'), []), { code: 'ReadOnly' });
  await t.rejects(store.createBucket('music' as BucketName, {}), { code: 'ReadOnly' });
  t.equal(await store.sweep(), 0);
  t.same(readdirSync(directory, { recursive: true }).map(String).sort(), [
    'photos',
    'photos/.bucketree',
    'photos/.bucketree/tmp',
    'photos/.bucketree/tmp/0123456789abcdef01234567',
    'photos/a',
  ]);
});

t.test('closing waits for what is under way and gives every descriptor back', async (t) => {
  const directory = t.testdir({ photos: {} });
  const options = {
    directory,
    buckets: new Map(),
    durability: 'full' as const,
    owner: undefined,
    umask: undefined,
    followSymlinks: false,
    readOnly: false,
    cacheBytes: 1_000_000,
  };
  const open = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const path = readlinkSync(`/proc/self/fd/${fd}`);
        return path.startsWith(directory) ? [path] : [];
      } catch {
        return [];
      }
    });
  const store = await openStore(options);
  const puts = Array.from({ length: 20 }, (_, at) => put(store, `k${at}`, 'x'.repeat(at * 1000)));
  await sleep(20);
  const results = Promise.allSettled(puts);
  await store.close();
  for (const [at, result] of (await results).entries())
    if (result.status === 'fulfilled') t.ok(existsSync(`${directory}/photos/k${at}`));
  t.same(
    existsSync(`${directory}/photos/.bucketree/tmp`) ? readdirSync(`${directory}/photos/.bucketree/tmp`) : [],
    [],
  );
  t.same(open(), []);
});

t.test('a store that cannot be opened is the store’s error', async (t) => {
  await t.rejects(storeIn(t, {}, '/nothing/here'), { name: 'StoreError' });
});

t.test('a range of an object is sent, small or large', async (t) => {
  const { store } = await storeIn(t);
  const bytes = randomBytes(2 * MIB + 100);
  await put(store, 'large', bytes);
  await put(store, 'small', bytes.subarray(0, 1000));
  for (const [name, start, end] of [
    ['small', 10, 20],
    ['small', 999, 1000],
    ['large', MIB - 1, MIB + 1],
    ['large', 0, 2 * MIB + 100],
    ['large', 2 * MIB + 99, 2 * MIB + 100],
  ] as const) {
    const reader = await store.open(PHOTOS, key(name));
    const blocks: Buffer[] = [];
    await reader.pump(start, end, (block) => void blocks.push(Buffer.from(block)));
    reader.close();
    t.ok(Buffer.concat(blocks).equals(bytes.subarray(start, end)), `${name} ${start}-${end}`);
  }
});

t.test('a reader closed in the middle finishes its block first; closed, it gives nothing', async (t) => {
  const { store, directory } = await storeIn(t);
  await put(store, 'large', randomBytes(3 * MIB));
  const reader = await store.open(PHOTOS, key('large'));
  await t.rejects(
    reader.pump(0, 3 * MIB, () => {
      reader.close();
      t.equal(openAt(`${directory}/photos/large`), 1, 'still being read');
      throw new StoreError('Internal', 'the receiver went away');
    }),
    { message: 'the receiver went away' },
  );
  t.equal(openAt(`${directory}/photos/large`), 0);
  reader.close();
  await t.rejects(
    reader.pump(0, 1, () => undefined),
    { code: 'Internal' },
  );
});

t.test('changed within one tick of the clock, again and again, it is always the newest', async (t) => {
  const { store, directory } = await storeIn(t);
  for (let round = 0; round < 200; round++) {
    const text = `${round}`.padStart(6);
    writeFileSync(`${directory}/photos/busy`, text);
    t.equal((await get(store, 'busy')).toString(), text);
  }
});

t.test('what is not there is said to be not there', async (t) => {
  const { store } = await storeIn(t);
  const nowhere = parseBucketName('nowhere');
  t.throws(() => store.head(nowhere, key('k')), { name: 'StoreError', code: 'NoSuchBucket' });
  t.throws(() => store.open(nowhere, key('k')), { code: 'NoSuchBucket' });
  t.throws(() => store.bucket(nowhere), { code: 'NoSuchBucket' });
  await t.rejects(head(store, 'none'), { name: 'StoreError', code: 'NoSuchKey' });
  await t.rejects(get(store, 'none'), { code: 'NoSuchKey' });
});

t.test('many deletes are answered in the order asked, each for itself', async (t) => {
  const { store, directory } = await storeIn(t);
  for (const name of ['c', 'a', 'd/e']) await put(store, name, name);
  const asked = ['c', 'none', 'a', 'd/e'].map((name) => ({
    key: key(name),
    conditions: name === 'a' ? { ifMatch: ['other'] } : {},
  }));
  const outcomes = await store.deleteMany(PHOTOS, asked);
  t.strictSame(
    outcomes.map(({ key: name, error }) => [name, error?.code]),
    [
      ['c', undefined],
      ['none', undefined],
      ['a', 'PreconditionFailed'],
      ['d/e', undefined],
    ],
  );
  t.strictSame(
    readdirSync(`${directory}/photos`).filter((name) => name !== '.bucketree'),
    ['a'],
  );
  await store.delete(PHOTOS, key('a'), {});
  await t.rejects(head(store, 'a'), { code: 'NoSuchKey' });
});

t.test('an object grows at its end, by small and by large bodies', async (t) => {
  const { store } = await storeIn(t);
  let whole = Buffer.alloc(0);
  for (const size of [10, 300_000, 7]) {
    const bytes = randomBytes(size);
    const body = await receive(store, bytes, toObject(key('log')));
    const info = await store.append(PHOTOS, key('log'), body, whole.length, REQUEST);
    whole = Buffer.concat([whole, bytes]);
    t.equal(info.size, whole.length);
    t.ok((await get(store, 'log')).equals(whole));
  }
  const late = await receive(store, Buffer.from('x'), toObject(key('log')));
  await t.rejects(store.append(PHOTOS, key('log'), late, 5, REQUEST), {
    code: 'InvalidOffset',
    detail: { size: whole.length },
  });
});

t.test('an object is copied, renamed and tagged', async (t) => {
  const { store, directory } = await storeIn(t);
  const { etag } = await put(store, 'from', 'content', { user: { by: 'me' } });
  const copied = await store.copy({
    source: { bucket: PHOTOS, key: key('from') },
    sourceEtag: etag,
    conditions: {},
    target: { bucket: PHOTOS, key: key('to') },
    attributes: undefined,
    tags: undefined,
    checksumAlgorithm: undefined,
  });
  t.match(copied, { key: 'to', etag, user: { by: 'me' } });
  const { ino } = statSync(`${directory}/photos/to`);
  const anyhow = { source: {}, target: {} };
  t.match(await store.rename(PHOTOS, key('to'), key('d/moved'), anyhow), { key: 'd/moved', etag });
  t.equal(statSync(`${directory}/photos/d/moved`).ino, ino);
  await t.rejects(head(store, 'to'), { code: 'NoSuchKey' });
  await store.setTags(PHOTOS, key('d/moved'), [{ key: 'k', value: 'v' }]);
  t.match(await head(store, 'd/moved'), { etag, tags: [{ key: 'k', value: 'v' }] });
  const page = await store.list(PHOTOS, { prefix: '', delimiter: '', after: '', limit: 10 });
  t.match(page.entries, [{ key: 'd/moved', etag }, { key: 'from' }]);
});

t.test('an upload goes through the threads, its parts small and large', async (t) => {
  const { store } = await storeIn(t);
  const name = key('film');
  const { id } = await store.createUpload(PHOTOS, name, creation());
  const contents = [randomBytes(5 * MIB), randomBytes(5 * MIB + 1), Buffer.from('the end')];
  const parts = [];
  for (const [at, bytes] of contents.entries()) {
    const target = { kind: 'part', bucket: PHOTOS, key: name, uploadId: id, number: at + 1 } as const;
    const part = await store.putPart(PHOTOS, name, id, at + 1, await receive(store, bytes, target));
    t.match(part, { number: at + 1, size: bytes.length, etag: md5Of(bytes) });
    parts.push(part);
  }
  t.match(await store.listParts(PHOTOS, name, id, { after: 1, limit: 1 }), {
    parts: [parts[1]],
    truncated: true,
    next: 2,
  });
  t.match(await store.upload(PHOTOS, name, id), { id, key: name });
  const info = await store.completeUpload(PHOTOS, name, id, completion(parts));
  t.equal(info.size, 10 * MIB + 8);
  t.ok((await get(store, name)).equals(Buffer.concat(contents)));
  const other = await store.createUpload(PHOTOS, name, creation());
  await store.abortUpload(PHOTOS, name, other.id);
  await t.rejects(store.upload(PHOTOS, name, other.id), { code: 'NoSuchUpload' });
});

t.test('a body is published once, and by the store that received it', async (t) => {
  const { store } = await storeIn(t);
  const body = await receive(store, Buffer.from('once'), toObject(key('k')));
  await store.put(PHOTOS, key('k'), body, REQUEST);
  t.throws(() => store.put(PHOTOS, key('again'), body, REQUEST), { code: 'Internal' });
  const large = await receive(store, Buffer.alloc(MIB), toObject(key('k')));
  large.receiver.discard();
  t.throws(() => store.put(PHOTOS, key('k'), large, REQUEST), { code: 'Internal' });
  t.equal((await get(store, 'k')).toString(), 'once');
});

t.test('a body given up leaves nothing: no object, no open file', async (t) => {
  const { store, directory } = await storeIn(t);
  const options = { size: undefined, algorithms: [], payloadSha256: false } as const;
  const receiver = store.receive(toObject(key('gone')), options);
  await receiver.write(Buffer.alloc(3 * MIB));
  receiver.discard();
  for (let tries = 0; tries < 200 && temporaries(directory) > 0; tries++) await sleep(10);
  t.equal(temporaries(directory), 0);
  await t.rejects(head(store, 'gone'), { code: 'NoSuchKey' });
});

t.test('a store is closed once, however often it is asked', async (t) => {
  const { store, directory } = await storeIn(t);
  await put(store, 'k', 'x');
  await Promise.all([store.close(), store.close()]);
  await store.close();
  t.equal(openAt(directory) + openAt(`${directory}/`), 0);
});

t.test('a mount hears of every change before its maker is answered', async (t) => {
  const sockets = socketDirectory(t);
  const { store, directory } = await storeIn(t, {}, undefined, { mounts: [sockets] });
  const { dev, ino } = statSync(directory, { bigint: true });
  const door = await MountDoor.open(t, sockets, [rootId({ dev: Number(dev), ino })]);
  const heard = async (action: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = door.changed.length;
    await action();
    return door.changed.slice(before).toSorted();
  };
  const anyhow = { source: {}, target: {} };
  t.strictSame(await heard(() => put(store, 'd/k', 'content')), ['photos/d/k']);
  const { etag } = await head(store, 'd/k');
  const copy = {
    source: { bucket: PHOTOS, key: key('d/k') },
    sourceEtag: etag,
    conditions: {},
    target: { bucket: PHOTOS, key: key('copy') },
    attributes: undefined,
    tags: undefined,
    checksumAlgorithm: undefined,
  };
  t.strictSame(await heard(() => store.copy(copy)), ['photos/copy']);
  const moving = () => store.rename(PHOTOS, key('copy'), key('moved'), anyhow);
  t.strictSame(await heard(moving), ['photos/copy', 'photos/moved']);
  t.strictSame(await heard(() => store.setTags(PHOTOS, key('moved'), [])), ['photos/moved']);
  const more = await receive(store, Buffer.from('!'), toObject(key('moved')));
  t.strictSame(await heard(() => store.append(PHOTOS, key('moved'), more, 7, REQUEST)), ['photos/moved']);
  const { id } = await store.createUpload(PHOTOS, key('film'), creation());
  const target = { kind: 'part', bucket: PHOTOS, key: key('film'), uploadId: id, number: 1 } as const;
  const part = await store.putPart(
    PHOTOS,
    key('film'),
    id,
    1,
    await receive(store, Buffer.from('frames'), target),
  );
  const completing = () => store.completeUpload(PHOTOS, key('film'), id, completion([part]));
  t.strictSame(await heard(completing), ['photos/film']);
  t.strictSame(await heard(() => store.delete(PHOTOS, key('moved'), {})), ['photos/moved']);
  const both = ['d/k', 'film', 'a//b'].map((name) => ({ key: key(name), conditions: {} }));
  t.strictSame(await heard(() => store.deleteMany(PHOTOS, both)), ['photos/d/k', 'photos/film']);
  t.strictSame(await heard(() => put(store, 'a//b', 'no path says this')), []);
  const music = parseBucketName('music');
  t.strictSame(await heard(() => store.createBucket(music, {})), ['music']);
  t.strictSame(await heard(() => store.changeBucket(music, { owner: 'x' })), ['music']);
  t.strictSame(await heard(() => store.deleteBucket(music)), ['music']);

  let answer: (() => void) | undefined;
  door.onFrame = (_, now) => (answer = now);
  let answered = false;
  const putting = put(store, 'late', 'x').then(() => (answered = true));
  while (answer === undefined) await sleep(1);
  await sleep(20);
  t.equal(existsSync(`${directory}/photos/late`), true, 'it is there');
  t.equal(answered, false, 'and not answered');
  answer();
  await putting;
  door.onFrame = (_, now) => now();
  await t.rejects(put(store, 'late', 'y', {}, { ifNoneMatch: '*' }), { code: 'PreconditionFailed' });
});

t.test(
  'content that a mount holds back is asked for, hot or cold, where somebody has the file open',
  async (t) => {
    const sockets = socketDirectory(t);
    const { store, directory } = await storeIn(t, {}, undefined, { mounts: [sockets] });
    const { dev, ino } = statSync(directory, { bigint: true });
    const path = `${directory}/photos/mapped`;
    const door = await MountDoor.open(t, sockets, [rootId({ dev: Number(dev), ino })], { cached: true });
    await put(store, 'mapped', 'as it was');
    let held: string | undefined;
    door.onFrame = (frame, answer) => {
      if (frame.kind === 'flush' && held !== undefined) writeSync(fd, held, 0);
      held = undefined;
      answer();
    };
    await head(store, 'mapped');
    t.equal((await get(store, 'mapped')).toString(), 'as it was');
    const asked = (): number => door.places('flush').length;
    const before = asked();
    t.equal((await get(store, 'mapped')).toString(), 'as it was');
    t.equal(asked(), before, 'nobody has it open: memory answers');
    const fd = openSync(path, 'r+');
    t.teardown(() => closeSync(fd));
    held = 'as it is!';
    t.equal((await get(store, 'mapped')).toString(), 'as it is!');
    held = 'and now: ';
    t.equal((await get(store, 'mapped')).toString(), 'and now: ');
    t.ok(asked() > before);
  },
);

/** Open files without a name, or under `tmp/`. */
function temporaries(directory: string): number {
  return openAt(`${directory}/photos/.bucketree/tmp/`) + openAt(`${directory}/photos/#`);
}
