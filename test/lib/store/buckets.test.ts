import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import type { BucketName } from '../../../lib/names.js';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { Buckets, removeTree } from '../../../lib/store/buckets.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { OPTIONS } from './bucket-in.js';

const name = (text: string): BucketName => text as BucketName;

function bucketsIn(t: Test, options: Partial<StoreOptions> = {}): Buckets {
  const directory = 'directory' in options ? options.directory : t.testdir({});
  const buckets = new Buckets({ ...OPTIONS, buckets: new Map(), cacheBytes: 0, ...options, directory });
  t.teardown(() => buckets.close());
  return buckets;
}

t.test('top-level directories with a legal name are buckets', async (t) => {
  const directory = t.testdir({
    photos: {},
    'Camera Roll': {},
    ab: {},
    file: 'x',
    '.bucketree': {},
    music: {},
  });
  symlinkSync('photos', `${directory}/link`);
  const buckets = bucketsIn(t, { directory });
  t.same(
    buckets.list().map((bucket) => bucket.name),
    ['music', 'photos'],
  );
  t.match(buckets.info(name('photos')), { name: 'photos', mapped: false, settings: {} });
  t.ok(buckets.info(name('photos')).created > 1_600_000_000_000);
  for (const none of ['file', 'link', 'nothing'])
    t.throws(() => buckets.get(name(none)), { code: 'NoSuchBucket' });
  const following = bucketsIn(t, { directory, followSymlinks: true });
  t.ok(following.get(name('link')));
});

t.test('a bucket is made with its settings, once', async (t) => {
  const directory = t.testdir({});
  const buckets = bucketsIn(t, { directory, durability: 'full' });
  const made = await buckets.create(name('photos'), { owner: 'ann', created: 5 });
  t.match(made, { created: 5, settings: { owner: 'ann' } });
  await t.rejects(buckets.create(name('photos'), { owner: 'bob' }), {
    code: 'BucketExists',
    detail: { owner: 'ann' },
  });
  mkdirSync(`${directory}/music`);
  await t.rejects(buckets.create(name('music'), {}), { code: 'BucketExists', detail: { owner: '' } });
  writeFileSync(`${directory}/file`, 'x');
  await t.rejects(buckets.create(name('file'), {}), { code: 'BucketExists' });
  t.same(readdirSync(`${directory}/.bucketree/tmp`), [], 'nothing half-made stays');
  t.equal(statSync(`${directory}/.bucketree`).mode & 0o077, 0, 'the service’s directory is private');
});

t.test('of many who make one bucket, one does', async (t) => {
  const directory = t.testdir({});
  const all = Array.from({ length: 8 }, () => bucketsIn(t, { directory }));
  const results = await Promise.allSettled(
    all.map((buckets, at) => buckets.create(name('photos'), { owner: `${at}` })),
  );
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
});

t.test('an empty bucket is deleted, one with anything in it is not', async (t) => {
  const directory = t.testdir({ photos: { dir: { deep: {} } }, full: { a: 'x' } });
  const buckets = bucketsIn(t, { directory });
  await buckets.delete(name('photos'));
  t.notOk(existsSync(`${directory}/photos`));
  await t.rejects(buckets.delete(name('full')), { code: 'BucketNotEmpty' });
  await t.rejects(buckets.delete(name('photos')), { code: 'NoSuchBucket' });
  t.equal(readFileSync(`${directory}/full/a`, 'utf8'), 'x');
  await buckets.create(name('photos'), { owner: 'bob' });
  t.equal(buckets.info(name('photos')).settings.owner, 'bob', 'made again it is another one');
});

t.test('mapped directories are buckets that are not ours to delete', async (t) => {
  const elsewhere = t.testdir({ Photos: {} });
  const buckets = bucketsIn(t, {
    directory: undefined,
    buckets: new Map([['pictures', `${elsewhere}/Photos`]]),
  });
  t.match(buckets.list(), [{ name: 'pictures', mapped: true }]);
  await t.rejects(buckets.delete(name('pictures')), { code: 'BucketIsMapped' });
  await t.rejects(buckets.create(name('pictures'), {}), { code: 'BucketExists' });
  await t.rejects(buckets.create(name('other'), {}), { code: 'AccessDenied' });
  renameSync(`${elsewhere}/Photos`, `${elsewhere}/moved`);
  t.throws(() => buckets.get(name('pictures')), { code: 'NoSuchBucket' });
  t.same(buckets.list(), []);
});

t.test('settings change member by member; undefined removes one', async (t) => {
  const directory = t.testdir({ photos: {} });
  const buckets = bucketsIn(t, { directory });
  buckets.change(name('photos'), { owner: 'ann', created: 7 });
  buckets.change(name('photos'), { tagging: [{ key: 'k', value: 'v' }] });
  t.same(buckets.info(name('photos')).settings, {
    owner: 'ann',
    created: 7,
    tagging: [{ key: 'k', value: 'v' }],
  });
  buckets.change(name('photos'), { tagging: undefined });
  t.same(buckets.info(name('photos')).settings, { owner: 'ann', created: 7 });
});

t.test('one bucket with broken settings does not hide the others', async (t) => {
  const directory = t.testdir({ photos: { '.bucketree': { 'bucket.json': '{' } }, music: {} });
  const buckets = bucketsIn(t, { directory });
  t.same(
    buckets.list().map((bucket) => bucket.name),
    ['music'],
  );
  t.throws(() => buckets.info(name('photos')), { code: 'Internal' });
});

t.test('read-only, nothing is made, changed or deleted', async (t) => {
  const directory = t.testdir({ photos: {} });
  const buckets = bucketsIn(t, { directory, readOnly: true });
  await t.rejects(buckets.create(name('music'), {}), { code: 'ReadOnly' });
  await t.rejects(buckets.delete(name('photos')), { code: 'ReadOnly' });
  t.throws(() => buckets.change(name('photos'), { owner: 'ann' }), { code: 'ReadOnly' });
  t.same(readdirSync(directory), ['photos']);
  t.same(readdirSync(`${directory}/photos`), []);
});

t.test('removing what is ours follows no link', async (t) => {
  const directory = t.testdir({ tree: { a: { b: 'x' } }, outside: { c: 'theirs' } });
  symlinkSync('../../outside', `${directory}/tree/a/link`);
  const fd = openDirectory(directory);
  removeTree(fd, 'tree');
  removeTree(fd, 'tree');
  closeFd(fd);
  t.same(readdirSync(directory), ['outside']);
  t.equal(readFileSync(`${directory}/outside/c`, 'utf8'), 'theirs');
});
