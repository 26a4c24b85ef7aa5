import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { StoreError } from '../../../lib/errors.js';
import { type ObjectKey, parseBucketName } from '../../../lib/names.js';
import { type LocalStore, openStore } from '../../../lib/store/local.js';
import type { ReceivedBody, ReceiveTarget } from '../../../lib/store/store.js';
import { key } from './bucket-in.js';
import { optionsIn } from './engine-in.js';
import { md5Of } from './md5-of.js';
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

/** Asks until the answer comes at once: a file just written is not yet kept. */
async function heat(t: Test, store: LocalStore, name: string): Promise<string | undefined> {
  for (let tries = 0; tries < 100; tries++) {
    const reader = store.open(PHOTOS, key(name));
    if (!(reader instanceof Promise)) return reader.body?.toString();
    (await reader).close();
    await sleep(10);
  }
  return (t.fail('it never became hot'), undefined);
}

t.test('what is put comes back as it was: in memory, over a thread, or as a large file', async (t) => {
  const { store, directory } = await storeIn(t);
  for (const size of [0, 1, 64 * 1024, 128 * 1024, 128 * 1024 + 1, MIB, MIB + 1, 3 * MIB + 5]) {
    const bytes = randomBytes(size);
    const info = await put(store, `dir/${size}`, bytes, { user: { size: `${size}` } });
    t.match(info, { size, etag: md5Of(bytes), user: { size: `${size}` } });
    t.same(await head(store, `dir/${size}`), info);
    t.ok((await get(store, `dir/${size}`)).equals(bytes), `${size} bytes`);
    t.ok((await get(store, `dir/${size}`)).equals(bytes), 'and again');
    t.ok(readFileSync(`${directory}/photos/dir/${size}`).equals(bytes), 'as a plain file');
    t.equal(openAt(`${directory}/photos/dir/${size}`), 0, 'closed');
  }
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

t.test('a hot object answers at once', async (t) => {
  const { store } = await storeIn(t);
  const info = await put(store, 'hot', 'hello');
  t.equal(await heat(t, store, 'hot'), 'hello');
  const answer = store.head(PHOTOS, key('hot'));
  t.notOk(answer instanceof Promise);
  t.same(answer, info);
});

t.test('and never with what is no longer so, whoever changed it', async (t) => {
  const { store, directory } = await storeIn(t);
  const path = `${directory}/photos/hot`;
  const changes: Record<string, () => unknown> = {
    'over S3': () => put(store, 'hot', 'HELLO'),
    'in place, at the same size, its time set back': () => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, 'HELLO');
      utimesSync(path, atime, mtime);
    },
    'by another file renamed over it': () => {
      writeFileSync(`${path}.new`, 'HELLO');
      renameSync(`${path}.new`, path);
    },
  };
  for (const [what, change] of Object.entries(changes)) {
    for (let round = 0; round < 3; round++) {
      const before = await put(store, 'hot', 'hello');
      await heat(t, store, 'hot');
      await change();
      t.equal((await get(store, 'hot')).toString(), 'HELLO', what);
      t.not((await head(store, 'hot')).etag, before.etag, what);
      t.equal((await get(store, 'hot')).toString(), 'HELLO', 'nor later');
    }
  }
  await heat(t, store, 'hot');
  renameSync(path, `${path}.away`);
  await t.rejects(get(store, 'hot'), { code: 'NoSuchKey' });
  await t.rejects(head(store, 'hot'), { code: 'NoSuchKey' });
  renameSync(`${path}.away`, path);
  t.equal((await get(store, 'hot')).toString(), 'HELLO');
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

/** Open files without a name, or under `tmp/`. */
function temporaries(directory: string): number {
  return openAt(`${directory}/photos/.bucketree/tmp/`) + openAt(`${directory}/photos/#`);
}

t.test('buckets come and go, and so do directories that other programs make and remove', async (t) => {
  const { store, directory } = await storeIn(t);
  const films = parseBucketName('films');
  t.match(await store.createBucket(films, { owner: 'ada' }), { name: 'films', settings: { owner: 'ada' } });
  await t.rejects(store.createBucket(films, {}), { code: 'BucketExists', detail: { owner: 'ada' } });
  t.match(await store.changeBucket(films, { owner: undefined }), { settings: {} });
  t.same(
    (await store.listBuckets()).map(({ name }) => name),
    ['films', 'photos'],
  );
  await store.deleteBucket(films);
  t.throws(() => store.bucket(films), { code: 'NoSuchBucket' });
  await put(store, 'k', 'x');
  rmSync(`${directory}/photos`, { recursive: true });
  t.throws(() => store.head(PHOTOS, key('k')), { code: 'NoSuchBucket' });
});

t.test('read-only, everything is read and nothing at all is written', async (t) => {
  const { store, directory } = await storeIn(t, { readOnly: true }, t.testdir({ photos: { k: 'text' } }));
  t.ok(store.readOnly);
  t.equal((await get(store, 'k')).toString(), 'text');
  t.match(await head(store, 'k'), { size: 4 });
  const refused = { name: 'StoreError', code: 'ReadOnly' };
  await t.rejects(put(store, 'new', 'x'), refused);
  await t.rejects(store.delete(PHOTOS, key('k'), {}), refused);
  await t.rejects(store.deleteMany(PHOTOS, [{ key: key('k'), conditions: {} }]), refused);
  await t.rejects(store.rename(PHOTOS, key('k'), key('l'), { source: {}, target: {} }), refused);
  await t.rejects(store.setTags(PHOTOS, key('k'), []), refused);
  await t.rejects(store.createUpload(PHOTOS, key('k'), creation()), refused);
  await t.rejects(store.createBucket(parseBucketName('films'), {}), refused);
  await t.rejects(store.changeBucket(PHOTOS, {}), refused);
  await t.rejects(store.deleteBucket(PHOTOS), refused);
  t.strictSame(readdirSync(directory, { recursive: true }).sort(), ['photos', 'photos/k']);
});

t.test('closing waits for what is under way, and nothing stays open', async (t) => {
  const { store, directory } = await storeIn(t);
  await put(store, 'k', Buffer.alloc(2 * MIB));
  await get(store, 'k');
  const writing = Array.from({ length: 10 }, (_, at) => put(store, `${at}`, `${at}`));
  await new Promise(setImmediate);
  const listing = store.listBuckets();
  await store.close();
  t.match(await listing, [{ name: PHOTOS }]);
  for (const [at, one] of (await Promise.allSettled(writing)).entries()) {
    if (one.status === 'fulfilled') t.equal(readFileSync(`${directory}/photos/${at}`, 'utf8'), `${at}`);
    else t.match(one.reason, { code: 'Busy' });
  }
  t.equal(openAt(directory) + openAt(`${directory}/`), 0);
  await t.rejects(store.listBuckets(), { code: 'Busy' });
});

t.test('a directory that is not there is no store', async (t) => {
  const options = optionsIn(t, { directory: `${t.testdir({})}/none` });
  await t.rejects(openStore(options), { name: 'StoreError', detail: { errno: 'ENOENT' } });
});
