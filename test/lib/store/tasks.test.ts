import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { parseBucketName } from '../../../lib/names.js';
import { unpackPage } from '../../../lib/store/page-packing.js';
import { tasks } from '../../../lib/store/tasks.js';
import { key } from './bucket-in.js';
import { engineIn } from './engine-in.js';
import { put } from './objects.js';
import { PHOTOS } from './store-in.js';

t.test('buckets are made, described, changed, listed and deleted', async (t) => {
  const engine = engineIn(t);
  const films = parseBucketName('films');
  const made = await tasks.createBucket(engine, films, { owner: 'ada', created: 5 });
  t.match(made, { name: 'films', created: 5, settings: { owner: 'ada' }, mapped: false });
  t.same(tasks.bucket(engine, films), made);
  const tagging = [{ key: 'k', value: 'v' }];
  t.match(tasks.changeBucket(engine, films, { tagging }).settings, { owner: 'ada', tagging });
  t.same(
    tasks.listBuckets(engine).map(({ name }) => name),
    ['films', 'photos'],
  );
  await tasks.deleteBucket(engine, films);
  t.throws(() => tasks.bucket(engine, films), { code: 'NoSuchBucket' });
});

t.test('a listing comes packed, and its pages follow each other', async (t) => {
  const engine = engineIn(t);
  const bucket = engine.buckets.get(PHOTOS);
  for (const name of ['a', 'b/1', 'b/2', 'c']) await put(bucket, key(name), name);
  const query = { prefix: '', delimiter: '/', after: '', limit: 2 };
  const first = unpackPage(tasks.list(engine, PHOTOS, query));
  t.match(first, { entries: [{ key: 'a', size: 1 }, { prefix: 'b/' }], truncated: true, next: 'b/' });
  const second = unpackPage(tasks.list(engine, PHOTOS, { ...query, after: first.next }));
  t.match(second, { entries: [{ key: 'c' }], truncated: false });
});

t.test('an object is deleted under its conditions, and tagged', async (t) => {
  const engine = engineIn(t);
  const bucket = engine.buckets.get(PHOTOS);
  const { etag } = await put(bucket, key('k'), 'text');
  await tasks.setTags(engine, PHOTOS, key('k'), [{ key: 'a', value: 'b' }]);
  t.match((await tasks.head(engine, PHOTOS, key('k'))).info, { etag, tags: [{ key: 'a', value: 'b' }] });
  await t.rejects(tasks.remove(engine, PHOTOS, key('k'), { ifMatch: ['other'] }), {
    code: 'PreconditionFailed',
  });
  await tasks.remove(engine, PHOTOS, key('k'), { ifMatch: [etag] });
  await t.rejects(tasks.head(engine, PHOTOS, key('k')), { code: 'NoSuchKey' });
});

t.test('nothing that writes is done read-only', async (t) => {
  const directory = t.testdir({ photos: { k: 'text' } });
  const engine = engineIn(t, { directory, readOnly: true });
  const refused = { code: 'ReadOnly' };
  await t.rejects(tasks.createBucket(engine, parseBucketName('films'), {}), refused);
  await t.rejects(tasks.deleteBucket(engine, PHOTOS), refused);
  t.throws(() => tasks.changeBucket(engine, PHOTOS, {}), refused);
  await t.rejects(async () => tasks.remove(engine, PHOTOS, key('k'), {}), refused);
  await t.rejects(async () => tasks.setTags(engine, PHOTOS, key('k'), []), refused);
  t.match((await tasks.head(engine, PHOTOS, key('k'))).info, { size: 4 });
  t.match(unpackPage(tasks.list(engine, PHOTOS, { prefix: '', delimiter: '', after: '', limit: 9 })), {
    entries: [{ key: 'k' }],
  });
  t.strictSame(readdirSync(directory), ['photos']);
  t.strictSame(readdirSync(`${directory}/photos`), ['k']);
});

t.test('a sweep tells how many leftovers went and what failed, as data that crosses threads', (t) => {
  const engine = engineIn(t);
  const bucket = engine.buckets.get(PHOTOS);
  const leftover = `${bucket.directory}/.bucketree/tmp/${'0'.repeat(24)}`;
  mkdirSync(`${bucket.directory}/.bucketree/tmp`, { recursive: true });
  writeFileSync(leftover, 'of a crash');
  utimesSync(leftover, 1, 1);
  const inAMonth = Date.now() + 31 * 24 * 60 * 60 * 1000;
  const swept = tasks.sweepBucket(engine, PHOTOS, inAMonth);
  t.same(structuredClone(swept), { removed: 1, failures: [] });
  t.strictSame(readdirSync(`${bucket.directory}/.bucketree/tmp`), []);
  t.same(structuredClone(tasks.sweepStore(engine, inAMonth)), { removed: 0, failures: [] });
  t.end();
});
