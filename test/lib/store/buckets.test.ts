import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import { parseBucketName } from '../../../lib/names.js';
import { openDirectory, closeFd } from '../../../lib/os/open.js';
import { setMode } from '../../../lib/os/owner.js';
import { Buckets, removeTree } from '../../../lib/store/buckets.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { key, OPTIONS } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';

const PHOTOS = parseBucketName('photos');
const MUSIC = parseBucketName('music');

function bucketsIn(t: Test, directory: string | undefined, options: Partial<StoreOptions> = {}): Buckets {
  const buckets = new Buckets({ ...OPTIONS, directory, buckets: new Map(), cacheBytes: 0, ...options });
  t.teardown(() => buckets.close());
  return buckets;
}

function namesOf(buckets: Buckets): string[] {
  return buckets.list().map(({ name }) => name);
}

t.test('a bucket that is created is a directory, with its owner and date', async (t) => {
  for (const durability of ['full', 'none'] as const) {
    const directory = t.testdir({});
    const buckets = bucketsIn(t, directory, { durability });
    const settings = { owner: 'somebody', created: 1234 };
    const info = { name: PHOTOS, created: 1234, settings, mapped: false };
    t.same(await buckets.create(PHOTOS, settings), info);
    t.same(buckets.info(PHOTOS), info);
    t.same(readdirSync(directory).sort(), ['.bucketree', 'photos']);
    t.same(readdirSync(`${directory}/photos`), ['.bucketree']);
    t.same(readdirSync(`${directory}/.bucketree/tmp`), []);
    await put(buckets.get(PHOTOS), key('a'), 'x');
    t.equal(readFileSync(`${directory}/photos/a`, 'utf8'), 'x');
    t.same(bucketsIn(t, directory).info(PHOTOS), info, 'and after a restart as well');
  }
});

t.test('a name that is taken stays whose it is', async (t) => {
  const directory = t.testdir({ music: { song: 'theirs' }, 'a-file': 'theirs', elsewhere: {} });
  const buckets = bucketsIn(t, directory, { buckets: new Map([['mapped', `${directory}/elsewhere`]]) });
  await buckets.create(PHOTOS, { owner: 'one' });
  await t.rejects(buckets.create(PHOTOS, { owner: 'two' }), {
    code: 'BucketExists',
    detail: { bucket: 'photos', owner: 'one' },
  });
  t.same(buckets.info(PHOTOS).settings, { owner: 'one' });
  for (const name of ['music', 'a-file', 'mapped'])
    await t.rejects(buckets.create(parseBucketName(name), { owner: 'two' }), { code: 'BucketExists' }, name);
  t.equal(readFileSync(`${directory}/music/song`, 'utf8'), 'theirs');
  t.same(buckets.info(MUSIC).settings, {});
  t.same(readdirSync(`${directory}/.bucketree/tmp`), [], 'nothing half made stays');
});

t.test('of two who create a bucket at once, one gets it', async (t) => {
  const directory = t.testdir({});
  const [one, two] = [bucketsIn(t, directory), bucketsIn(t, directory)];
  const done = await Promise.allSettled([
    one.create(PHOTOS, { owner: 'one' }),
    two.create(PHOTOS, { owner: 'two' }),
  ]);
  t.same(done.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

t.test('without a store directory, or read-only, no bucket is made or changed', async (t) => {
  const directory = t.testdir({ photos: {} });
  const mapped = bucketsIn(t, undefined, { buckets: new Map([['photos', `${directory}/photos`]]) });
  await t.rejects(mapped.create(MUSIC, {}), { code: 'AccessDenied' });
  t.throws(() => mapped.get(MUSIC), { code: 'NoSuchBucket' });
  const readOnly = bucketsIn(t, directory, { readOnly: true });
  await t.rejects(readOnly.create(MUSIC, {}), { code: 'ReadOnly' });
  await t.rejects(readOnly.delete(PHOTOS), { code: 'ReadOnly' });
  t.throws(() => readOnly.change(PHOTOS, {}), { code: 'ReadOnly' });
  t.same(readdirSync(directory), ['photos']);
  t.same(readdirSync(`${directory}/photos`), []);
});

t.test('deleting an empty bucket takes a person’s empty directories along', async (t) => {
  for (const durability of ['full', 'none'] as const) {
    const directory = t.testdir({ photos: { a: { b: {} }, c: {} }, music: {} });
    const buckets = bucketsIn(t, directory, { durability });
    await buckets.delete(PHOTOS);
    t.same(readdirSync(directory).sort(), ['.bucketree', 'music']);
    t.same(readdirSync(`${directory}/.bucketree/tmp`), []);
    t.throws(() => buckets.get(PHOTOS), { code: 'NoSuchBucket' });
    await t.rejects(buckets.delete(PHOTOS), { code: 'NoSuchBucket' });
  }
});

t.test('a bucket with an object, hidden or not, or anything else of a person, is kept whole', async (t) => {
  const directory = t.testdir({ photos: { a: { b: {} } } });
  const buckets = bucketsIn(t, directory);
  const refused = { code: 'BucketNotEmpty' };
  await put(buckets.get(PHOTOS), key('x//y'), 'hidden');
  await t.rejects(buckets.delete(PHOTOS), refused);
  t.equal(bodyOf(buckets.get(PHOTOS), key('x//y')), 'hidden');
  rmSync(`${directory}/photos/.bucketree/keys`, { recursive: true });
  symlinkSync('/', `${directory}/photos/a/link`);
  await t.rejects(buckets.delete(PHOTOS), refused);
  t.same(readdirSync(`${directory}/photos/a`), ['b', 'link']);
  rmSync(`${directory}/photos/a/link`);
  await buckets.delete(PHOTOS);
});

t.test('a mapped directory is served under its name, and is not ours to delete', async (t) => {
  const directory = t.testdir({ store: { shared: { own: 'x' } }, elsewhere: { file: 'theirs' } });
  const buckets = bucketsIn(t, `${directory}/store`, {
    buckets: new Map([
      ['shared', `${directory}/elsewhere`],
      ['gone', `${directory}/gone`],
    ]),
  });
  const shared = parseBucketName('shared');
  t.match(buckets.info(shared), { mapped: true });
  t.equal(bodyOf(buckets.get(shared), key('file')), 'theirs', 'it wins over a directory of that name');
  rmSync(`${directory}/elsewhere/file`);
  await t.rejects(buckets.delete(shared), { code: 'BucketIsMapped' });
  t.ok(existsSync(`${directory}/elsewhere`));
  t.same(namesOf(buckets), ['shared'], 'one that is not there is not listed');
  mkdirSync(`${directory}/gone`);
  t.same(namesOf(buckets), ['gone', 'shared'], 'until it is');
});

t.test('buckets are listed by name; what cannot be one is not', async (t) => {
  const directory = t.testdir({
    zebra: {},
    'b-1': {},
    'b.1': {},
    abc: {},
    'a-file': 'x',
    Capital: {},
    ab: {},
    '.hidden': {},
    '.bucketree': {},
    'xn--a': {},
  });
  symlinkSync('abc', `${directory}/linked`);
  const buckets = bucketsIn(t, directory);
  t.same(namesOf(buckets), ['abc', 'b-1', 'b.1', 'zebra']);
  mkdirSync(`${directory}/abc/.bucketree`);
  writeFileSync(`${directory}/abc/.bucketree/bucket.json`, 'broken');
  t.same(namesOf(buckets), ['b-1', 'b.1', 'zebra'], 'one that is broken does not hide the others');
  t.ok(buckets.info(parseBucketName('zebra')).created > 0, 'made by hand, it has the date of its directory');
});

t.test('a symlink at the top is no bucket, unless links are followed', async (t) => {
  const directory = t.testdir({ store: { real: {} }, outside: {} });
  symlinkSync('real', `${directory}/store/linked`);
  symlinkSync('../outside', `${directory}/store/leads-out`);
  const strict = bucketsIn(t, `${directory}/store`);
  for (const name of ['linked', 'leads-out'])
    t.throws(() => strict.get(parseBucketName(name)), { code: 'NoSuchBucket' }, name);
  const following = bucketsIn(t, `${directory}/store`, { followSymlinks: true });
  t.same(namesOf(following), ['linked', 'real'], 'and even then none that leads out');
});

t.test('settings are changed one by one, and taken away by undefined', async (t) => {
  const directory = t.testdir({ photos: {} });
  const [buckets, other] = [bucketsIn(t, directory), bucketsIn(t, directory)];
  const tagging = [{ key: 'k', value: 'v' }];
  t.match(buckets.change(PHOTOS, { owner: 'somebody' }).settings, { owner: 'somebody' });
  buckets.change(PHOTOS, { tagging, created: 7 });
  t.same(other.info(PHOTOS).settings, { owner: 'somebody', tagging, created: 7 }, 'every thread sees it');
  t.same(other.change(PHOTOS, { tagging: undefined }).settings, { owner: 'somebody', created: 7 });
  t.equal(buckets.info(PHOTOS).created, 7);
  t.throws(() => buckets.change(MUSIC, {}), { code: 'NoSuchBucket' });
});

t.test('a bucket deleted, moved or made again by anybody is seen at the next request', async (t) => {
  const directory = t.testdir({ photos: { old: 'x' } });
  const buckets = bucketsIn(t, directory);
  const before = buckets.get(PHOTOS);
  t.equal(buckets.get(PHOTOS), before, 'while it is the same it is opened once');
  rmSync(`${directory}/photos`, { recursive: true });
  t.throws(() => buckets.get(PHOTOS), { code: 'NoSuchBucket' });
  mkdirSync(`${directory}/photos`);
  writeFileSync(`${directory}/photos/new`, 'y');
  t.equal(bodyOf(buckets.get(PHOTOS), key('old')), undefined);
  t.equal(bodyOf(buckets.get(PHOTOS), key('new')), 'y');
  rmSync(`${directory}/photos/new`);
  await bucketsIn(t, directory).delete(PHOTOS);
  await bucketsIn(t, directory).create(PHOTOS, { owner: 'next' });
  t.same(buckets.info(PHOTOS).settings, { owner: 'next' }, 'by another thread as well');
});

t.test('a link in a tree that is removed is removed, never followed', async (t) => {
  const directory = t.testdir({ tree: { a: { b: 'x' } }, outside: { file: 'theirs' } });
  symlinkSync('../outside', `${directory}/tree/link`);
  const parent = openDirectory(directory);
  removeTree(parent, 'tree');
  removeTree(parent, 'tree');
  closeFd(parent);
  t.same(readdirSync(directory), ['outside']);
  t.equal(readFileSync(`${directory}/outside/file`, 'utf8'), 'theirs');
});

t.test('a bucket is renamed with all that is in it, and whoever holds it holds it still', async (t) => {
  for (const durability of ['full', 'none'] as const) {
    const directory = t.testdir({});
    const buckets = bucketsIn(t, directory, { durability });
    await buckets.create(PHOTOS, { owner: 'somebody', created: 1234 });
    const bucket = buckets.get(PHOTOS);
    const info = await put(bucket, key('a'), 'x', { attributes: { user: { x: '1' } } });
    await buckets.rename(PHOTOS, MUSIC);
    t.equal(buckets.get(MUSIC), bucket);
    t.equal(bucket.name, MUSIC);
    t.same(buckets.info(MUSIC), {
      name: MUSIC,
      created: 1234,
      settings: { owner: 'somebody', created: 1234 },
      mapped: false,
    });
    t.same(head(bucket, key('a')), info);
    await put(bucket, key('b'), 'y');
    t.equal(readFileSync(`${directory}/music/b`, 'utf8'), 'y', 'its locks are where it is');
    t.throws(() => buckets.get(PHOTOS), { code: 'NoSuchBucket' });
    await buckets.create(PHOTOS, {});
    t.same(namesOf(buckets), ['music', 'photos']);
    await buckets.rename(PHOTOS, PHOTOS);
  }
});

t.test('a bucket is not renamed over another, nor when it is mapped or read-only', async (t) => {
  const directory = t.testdir({ photos: { a: 'x' }, music: {}, 'a-file': 'theirs', elsewhere: {} });
  const buckets = bucketsIn(t, directory, { buckets: new Map([['mapped', `${directory}/elsewhere`]]) });
  for (const name of ['music', 'a-file', 'mapped'])
    await t.rejects(buckets.rename(PHOTOS, parseBucketName(name)), { code: 'BucketExists' }, name);
  await t.rejects(buckets.rename(parseBucketName('mapped'), parseBucketName('other')), {
    code: 'BucketIsMapped',
  });
  await t.rejects(buckets.rename(parseBucketName('nothing'), parseBucketName('other')), {
    code: 'NoSuchBucket',
  });
  const readOnly = bucketsIn(t, directory, { readOnly: true });
  await t.rejects(readOnly.rename(PHOTOS, parseBucketName('other')), { code: 'ReadOnly' });
  t.equal(readFileSync(`${directory}/photos/a`, 'utf8'), 'x');
  t.equal(readFileSync(`${directory}/a-file`, 'utf8'), 'theirs');
});

t.test('a handle that is forgotten is closed, or given to who asked for it', async (t) => {
  const directory = t.testdir({ photos: {} });
  const forgotten: string[] = [];
  const options = { ...OPTIONS, directory, buckets: new Map(), cacheBytes: 0 };
  const buckets = new Buckets(options, {
    forgotten: (bucket) => {
      forgotten.push(bucket.name);
      bucket.close();
    },
  });
  t.teardown(() => buckets.close());
  buckets.get(PHOTOS);
  rmSync(`${directory}/photos`, { recursive: true });
  mkdirSync(`${directory}/photos`);
  buckets.get(PHOTOS);
  t.same(forgotten, ['photos']);
});

t.test('what is to be done with a new bucket’s directory is done before it has its name', async (t) => {
  const directory = t.testdir({});
  const buckets = bucketsIn(t, directory);
  await buckets.create(PHOTOS, {}, (fd) => {
    t.notOk(existsSync(`${directory}/photos`));
    setMode(fd, 0o700);
  });
  t.equal(statSync(`${directory}/photos`).mode & 0o7777, 0o700);
});
