import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { BucketName, ObjectKey } from '../../../lib/names.js';
import { openStore } from '../../../lib/store/local.js';
import { get, head, PHOTOS, put, storeIn } from './store-in.js';

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
