import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import { closeAll } from '../../../lib/store/directories.js';
import { hiddenPlace } from '../../../lib/store/paths.js';
import { pruneHidden, remove, unlinkKey } from '../../../lib/store/remove.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';

t.test('with the last key go the directories made only to hold it, and no other', async (t) => {
  for (const durability of ['full', 'none'] as const) {
    const bucket = bucketIn(t, { durability }, t.testdir({ theirs: {} }));
    for (const name of ['a/b/c', 'a/d', 'theirs/sub/e']) await put(bucket, key(name), 'x');
    await remove(bucket, key('a/b/c'), {});
    t.same(readdirSync(`${bucket.directory}/a`), ['d']);
    await remove(bucket, key('a/d'), {});
    await remove(bucket, key('theirs/sub/e'), {});
    t.same(readdirSync(bucket.directory).sort(), ['.bucketree', 'theirs']);
    t.same(readdirSync(`${bucket.directory}/theirs`), []);
  }
});

t.test('deleting what is not there succeeds, as often as it is asked', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, key('a'), 'x');
  for (let turn = 0; turn < 2; turn++)
    for (const name of ['a', 'a/', 'a/b', '../x', 'a//b', '.bucketree/lock', '/'])
      await remove(bucket, key(name), {});
  t.same(unlinkKey(bucket, key('a'), {}), [], 'nothing changed, nothing to sync');
  t.equal(head(bucket, key('a')), undefined);
});

t.test('an object at its path and the one hidden behind it go together', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/a`);
  await put(bucket, key('a'), 'hidden');
  rmdirSync(`${bucket.directory}/a`);
  writeFileSync(`${bucket.directory}/a`, 'the path wins');
  await remove(bucket, key('a'), {});
  t.equal(head(bucket, key('a')), undefined);
  t.notOk(existsSync(`${bucket.directory}/${hiddenPlace('a').path}`));
});

t.test('a hidden object goes, the directory in its place stays', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { file: 'theirs' } }));
  await put(bucket, key('a'), 'hidden');
  await remove(bucket, key('a'), {});
  t.equal(head(bucket, key('a')), undefined);
  t.equal(bodyOf(bucket, key('a/file')), 'theirs');
});

t.test('conditions decide, and what is refused stays', async (t) => {
  const bucket = bucketIn(t);
  const { etag, modified } = await put(bucket, key('a'), 'content');
  const refused = { code: 'PreconditionFailed' };
  await t.rejects(remove(bucket, key('a'), { ifMatch: ['x'] }), refused);
  await t.rejects(remove(bucket, key('a'), { ifSize: 6 }), refused);
  await t.rejects(remove(bucket, key('a'), { ifModified: modified - 2000 }), refused);
  await t.rejects(remove(bucket, key('a'), { ifMatch: [etag], ifSize: 6 }), refused);
  t.equal(bodyOf(bucket, key('a')), 'content');
  await remove(bucket, key('a'), { ifMatch: ['x', etag], ifSize: 7, ifModified: modified });
  t.equal(head(bucket, key('a')), undefined);
});

t.test('a condition on a key that is not there is no obstacle: it is gone already', async (t) => {
  const bucket = bucketIn(t);
  for (const name of ['a', 'a/', 'a//b'])
    for (const ifMatch of ['*', ['x']] as const)
      t.same(unlinkKey(bucket, key(name), { ifMatch, ifSize: 1 }), [], name);
});

t.test('a file’s other hard link keeps its content, metadata and tags', async (t) => {
  const bucket = bucketIn(t);
  // Too much for an attribute on its own: the rest is in a sidecar, which the other name still needs.
  const user = { long: 'x'.repeat(64_000) };
  await put(bucket, key('a'), 'x', { attributes: { user } });
  linkSync(`${bucket.directory}/a`, `${bucket.directory}/b`);
  await remove(bucket, key('a'), {});
  t.match(head(bucket, key('b')), { user });
  t.equal(statSync(`${bucket.directory}/b`).nlink, 1);
  await remove(bucket, key('b'), {});
  const metadata = `${bucket.directory}/.bucketree/metadata`;
  t.same(existsSync(metadata) ? readdirSync(metadata) : [], [], 'with the last name the sidecar goes');
});

t.test('what is no object is not removed', async (t) => {
  const directory = `${t.testdir({ bucket: { full: { file: 'x' } }, outside: 'theirs' })}/bucket`;
  const bucket = bucketIn(t, {}, directory);
  symlinkSync('../outside', `${directory}/link`);
  for (const name of ['link', 'full', 'full/', '.bucketree', '.bucketree/', '../outside'])
    await remove(bucket, key(name), {});
  t.ok(readdirSync(directory).includes('link'));
  t.equal(readFileSync(`${directory}/full/file`, 'utf8'), 'x');
  t.equal(readFileSync(`${directory}/../outside`, 'utf8'), 'theirs');
});

t.test('a followed link goes itself, not what it leads to', async (t) => {
  const bucket = bucketIn(t, { followSymlinks: true }, t.testdir({ file: 'theirs' }));
  symlinkSync('file', `${bucket.directory}/link`);
  await remove(bucket, key('link'), {});
  t.same(
    readdirSync(bucket.directory).filter((name) => name !== '.bucketree'),
    ['file'],
  );
});

t.test('a person’s empty directory is the object `a/`, and is deleted as one', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: {}, above: { b: {} } }));
  await remove(bucket, key('a/'), {});
  await remove(bucket, key('above/b/'), {});
  t.same(
    readdirSync(bucket.directory).filter((name) => name !== '.bucketree'),
    ['above'],
  );
});

t.test('long hidden keys leave no directories under keys/', async (t) => {
  const bucket = bucketIn(t);
  const [one, two] = [key('x'.repeat(900)), key('x'.repeat(901))];
  await put(bucket, one, '1');
  await put(bucket, two, '2');
  await remove(bucket, one, {});
  t.equal(bodyOf(bucket, two), '2');
  await remove(bucket, two, {});
  t.same(readdirSync(`${bucket.directory}/.bucketree/keys`), []);
  t.equal(pruneHidden(bucket, '.bucketree/keys'), undefined, 'keys/ itself stays');
});

t.test('on a filesystem without attributes the record goes with the object', async (t) => {
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused !== false) return t.comment(refused);
  const bucket = bucketIn(t, {}, path);
  await put(bucket, key('a/b'), 'x', { attributes: { user: { x: '1' } } });
  await remove(bucket, key('a/b'), {});
  t.same(readdirSync(`${path}/.bucketree/metadata`), []);
  writeFileSync(`${path}/b`, 'x');
  closeAll(unlinkKey(bucket, key('b'), {}));
  t.notOk(existsSync(`${path}/b`));
});
