import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { closeAll } from '../../../lib/store/directories.js';
import { remove, unlinkKey } from '../../../lib/store/remove.js';
import { bucketIn, key } from './bucket-in.js';
import { head, put } from './objects.js';

t.test('deleting takes the directories along that were made only to hold the key', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: {} }));
  await put(bucket, key('a/b/c'), 'x');
  await put(bucket, key('a/d'), 'x');
  await put(bucket, key('theirs/sub/e'), 'x');
  await remove(bucket, key('a/b/c'), {});
  t.notOk(existsSync(`${bucket.directory}/a/b`));
  t.ok(existsSync(`${bucket.directory}/a/d`));
  await remove(bucket, key('a/d'), {});
  t.notOk(existsSync(`${bucket.directory}/a`));
  await remove(bucket, key('theirs/sub/e'), {});
  t.same(readdirSync(`${bucket.directory}/theirs`), []);
  t.ok(existsSync(`${bucket.directory}/theirs`), 'somebody’s directory stays');
});

t.test('deleting what is not there succeeds', async (t) => {
  const bucket = bucketIn(t);
  for (const text of ['a', 'a/', 'a/b', '../x', 'a//b', '.bucketree/lock'])
    await remove(bucket, key(text), {});
  t.same(unlinkKey(bucket, key('a'), {}), []);
});

t.test('a key that is at its path and under keys/ is gone from both', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/a`);
  await put(bucket, key('a'), 'hidden');
  const { rmdirSync } = await import('node:fs');
  rmdirSync(`${bucket.directory}/a`);
  writeFileSync(`${bucket.directory}/a`, 'somebody’s');
  await remove(bucket, key('a'), {});
  t.equal(head(bucket, key('a')), undefined);
  t.same(readdirSync(`${bucket.directory}/.bucketree/keys`), []);
});

t.test('long hidden keys leave no directories under keys/', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, key('x'.repeat(900)), 'x');
  await put(bucket, key('x'.repeat(901)), 'y');
  await remove(bucket, key('x'.repeat(900)), {});
  t.ok(head(bucket, key('x'.repeat(901))));
  await remove(bucket, key('x'.repeat(901)), {});
  t.same(readdirSync(`${bucket.directory}/.bucketree/keys`), []);
});

t.test('conditions decide', async (t) => {
  const bucket = bucketIn(t);
  const { etag } = await put(bucket, key('a'), 'content');
  await t.rejects(remove(bucket, key('a'), { ifMatch: ['x'] }), { code: 'PreconditionFailed' });
  await t.rejects(remove(bucket, key('a'), { ifSize: 1 }), { code: 'PreconditionFailed' });
  t.ok(head(bucket, key('a')));
  await remove(bucket, key('a'), { ifMatch: [etag], ifSize: 7 });
  t.equal(head(bucket, key('a')), undefined);
});

t.test('conditions on nothing hold: there is nothing to delete', async (t) => {
  const bucket = bucketIn(t);
  await remove(bucket, key('nothing'), { ifMatch: ['x'], ifSize: 3 });
});

t.test('what is not an object is not removed', async (t) => {
  const bucket = bucketIn(
    t,
    {},
    t.testdir({ bucket: { full: { file: 'x' } }, outside: 'theirs' }) + '/bucket',
  );
  symlinkSync('../outside', `${bucket.directory}/link`);
  for (const text of ['link', 'full', '.bucketree', '.bucketree/']) await remove(bucket, key(text), {});
  t.ok(readdirSync(bucket.directory).includes('link'));
  t.equal(readFileSync(`${bucket.directory}/full/file`, 'utf8'), 'x');
});

t.test('a directory object with keys below it stops being one, and goes with the last', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { file: 'x' }, empty: {} }));
  await remove(bucket, key('empty/'), {});
  t.notOk(existsSync(`${bucket.directory}/empty`));
  await remove(bucket, key('a/'), {});
  t.ok(existsSync(`${bucket.directory}/a/file`));
  closeAll(unlinkKey(bucket, key('a/file'), {}));
});
