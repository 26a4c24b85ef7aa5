import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { ObjectKey } from '../../../lib/names.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { publishDirectory } from '../../../lib/store/directory-object.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import type { ObjectAttributes, ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import { hiddenPlace } from '../../../lib/store/paths.js';
import { remove } from '../../../lib/store/remove.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, PLAIN, put } from './objects.js';
import { get, head as headIn, put as putIn, storeIn } from './store-in.js';

const A = key('deep/a/');

function putDirectory(
  bucket: Bucket,
  name: ObjectKey,
  attributes: Partial<ObjectAttributes> = {},
  conditions: WriteConditions = {},
): Promise<ObjectInfo | undefined> {
  const about = { ...PLAIN, ...attributes, etag: EMPTY_ETAG, checksums: [] };
  return publishDirectory(bucket, name, about, conditions);
}

t.test('PUT of a key with a slash at its end makes a directory that is an object', async (t) => {
  for (const durability of ['full', 'none'] as const) {
    const bucket = bucketIn(t, { durability });
    const info = await putDirectory(bucket, A, {
      user: { colour: 'blue' },
      tags: [{ key: 'k', value: 'v' }],
    });
    t.match(info, { key: A, size: 0, etag: EMPTY_ETAG, user: { colour: 'blue' } });
    t.same(head(bucket, A), info, 'HEAD says what PUT answered');
    t.same(readdirSync(`${bucket.directory}/deep`), ['a']);
    t.equal(head(bucket, key('deep/')), undefined, 'the one above only holds it');
    t.equal(head(bucket, key('deep/a')), undefined, 'without the slash it is another key');
    await put(bucket, key('deep/a/b'), 'x');
    t.same(head(bucket, A), info, 'what is put below it changes nothing');
    await remove(bucket, key('deep/a/b'), {});
    t.same(head(bucket, A), info, 'it stays when it empties');
    await remove(bucket, A, {});
    t.notOk(existsSync(`${bucket.directory}/deep`));
  }
});

t.test('deleted while it holds keys, it stays to hold them, and goes with the last', async (t) => {
  const bucket = bucketIn(t);
  await putDirectory(bucket, A);
  await put(bucket, key('deep/a/b'), 'x');
  await remove(bucket, A, {});
  t.equal(head(bucket, A), undefined);
  t.equal(bodyOf(bucket, key('deep/a/b')), 'x');
  await remove(bucket, key('deep/a/b'), {});
  t.notOk(existsSync(`${bucket.directory}/deep`));
});

t.test('a directory that is there becomes the object, with what it holds', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ deep: { a: { file: 'theirs' } } }));
  t.equal(head(bucket, A), undefined);
  const info = await putDirectory(bucket, A, { user: { x: '1' } });
  t.same(head(bucket, A), info);
  t.equal(bodyOf(bucket, key('deep/a/file')), 'theirs');
  const again = await putDirectory(bucket, A, { user: { x: '2' } });
  t.same(head(bucket, A), again, 'put again, it is what was said last');
});

t.test('where a file or a link stands there is no directory, and none is forced', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: 'theirs', directory: {} }));
  symlinkSync('directory', `${bucket.directory}/link`);
  for (const name of ['a/', 'a/b/', 'link/', 'x//', '../'])
    t.equal(await putDirectory(bucket, key(name)), undefined, name);
  t.equal(bodyOf(bucket, key('a')), 'theirs');
  t.equal(head(bucket, key('a/')), undefined);
});

t.test('conditions are held against the directory as it is', async (t) => {
  const bucket = bucketIn(t);
  const refused = { code: 'PreconditionFailed' };
  await t.rejects(putDirectory(bucket, A, {}, { ifMatch: '*' }), { code: 'NoSuchKey' });
  t.notOk(existsSync(`${bucket.directory}/deep`), 'nothing is made for what is refused');
  await putDirectory(bucket, A, {}, { ifNoneMatch: '*' });
  await t.rejects(putDirectory(bucket, A, {}, { ifNoneMatch: '*' }), refused);
  await t.rejects(putDirectory(bucket, A, {}, { ifMatch: ['x'] }), refused);
  await putDirectory(bucket, A, { user: { x: '1' } }, { ifMatch: [EMPTY_ETAG] });
  t.match(head(bucket, A), { user: { x: '1' } });
});

t.test('content put at the key is kept under keys/, the directory only holds; and back again', async (t) => {
  const hosts = [t.testdir({})];
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused === false) hosts.push(path);
  else t.comment(refused);
  for (const directory of hosts) {
    const bucket = bucketIn(t, {}, directory);
    await putDirectory(bucket, A, { user: { is: 'directory' } });
    await put(bucket, key('deep/a/b'), 'below');
    await put(bucket, A, 'content', { attributes: { user: { is: 'file' } } });
    t.match(head(bucket, A), { size: 7, user: { is: 'file' } });
    t.equal(bodyOf(bucket, A), 'content');
    t.equal(bodyOf(bucket, key('deep/a/b')), 'below');
    const info = await putDirectory(bucket, A, { user: { is: 'directory again' } });
    t.same(head(bucket, A), info, 'the new record is the one that stays');
    t.notOk(existsSync(`${directory}/${hiddenPlace(A).path}`));
    await remove(bucket, A, {});
    t.equal(head(bucket, A), undefined);
  }
});

t.test('a store answers for a directory object as for any other', async (t) => {
  const { store, directory } = await storeIn(t);
  await putIn(store, 'a/', '', { user: { x: '1' } });
  t.ok(existsSync(`${directory}/photos/a`));
  t.equal((await get(store, 'a/')).length, 0);
  t.match(await headIn(store, 'a/'), { size: 0, user: { x: '1' } });
  await putIn(store, 'a/', 'with content');
  t.equal((await get(store, 'a/')).toString(), 'with content');
  mkdirSync(`${directory}/photos/theirs`);
  t.match(
    await headIn(store, 'theirs/'),
    { size: 0, etag: EMPTY_ETAG },
    'an empty one of a person is one too',
  );
  writeFileSync(`${directory}/photos/theirs/file`, '');
  await t.rejects(headIn(store, 'theirs/'), { code: 'NoSuchKey' });
});
