import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import type { ObjectKey } from '../../../lib/names.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import { type RenameConditions, renameObject } from '../../../lib/store/rename.js';
import { remove } from '../../../lib/store/remove.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';

const A = key('dir/sub/a.txt');
const B = key('other/b.txt');

function rename(
  bucket: Bucket,
  from: ObjectKey,
  to: ObjectKey,
  conditions: Partial<RenameConditions> = {},
): Promise<ObjectInfo> {
  return renameObject(bucket, from, to, { source: {}, target: {}, ...conditions });
}

t.test(
  'the same file under another name, all that is known of it with it, nothing left behind',
  async (t) => {
    const bucket = bucketIn(t, { durability: 'full' });
    const info = await put(bucket, A, 'x', { algorithms: ['CRC32'], attributes: { user: { a: '1' } } });
    const { ino } = statSync(`${bucket.directory}/${A}`);
    t.same(await rename(bucket, A, B), { ...info, key: B });
    t.same(head(bucket, B), { ...info, key: B });
    t.equal(statSync(`${bucket.directory}/${B}`).ino, ino);
    t.same(
      readdirSync(bucket.directory).sort(),
      ['.bucketree', 'other'],
      'directories made to hold it are gone',
    );
  },
);

t.test('the type an object has by its extension goes with it', async (t) => {
  const bucket = bucketIn(t);
  const info = await put(bucket, A, 'x');
  const to = key('page.html');
  t.same(await rename(bucket, A, to), { ...info, key: to, system: { contentType: 'text/plain' } });
  writeFileSync(`${bucket.directory}/plain.png`, 'x');
  await sleep(30);
  const before = head(bucket, key('plain.png'));
  await rename(bucket, key('plain.png'), key('plain'));
  t.match(head(bucket, key('plain')), { contentType: 'image/png', etag: before?.etag });
});

t.test('what is at the target is replaced, unless the conditions say otherwise', async (t) => {
  const bucket = bucketIn(t);
  const a = await put(bucket, A, 'a');
  const b = await put(bucket, B, 'b');
  const refused = { code: 'PreconditionFailed' };
  await t.rejects(rename(bucket, A, B, { target: { ifNoneMatch: '*' } }), refused);
  await t.rejects(rename(bucket, A, B, { target: { ifMatch: ['x'] } }), refused);
  await t.rejects(rename(bucket, A, B, { source: { ifMatch: [b.etag] } }), refused);
  await t.rejects(rename(bucket, key('none'), B), { code: 'NoSuchKey' });
  t.same([bodyOf(bucket, A), bodyOf(bucket, B)], ['a', 'b']);
  await rename(bucket, A, B, { source: { ifMatch: [a.etag] }, target: { ifMatch: [b.etag] } });
  t.same([bodyOf(bucket, A), bodyOf(bucket, B)], [undefined, 'a']);
  t.match(await rename(bucket, B, B), { key: B, etag: a.etag });
  t.equal(bodyOf(bucket, B), 'a');
});

t.test('two names of one file become one', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'x');
  linkSync(`${bucket.directory}/${A}`, `${bucket.directory}/b`);
  await rename(bucket, A, key('b'));
  t.same([bodyOf(bucket, A), bodyOf(bucket, key('b'))], [undefined, 'x']);
  t.equal(statSync(`${bucket.directory}/b`).nlink, 1);
});

t.test('to and from keys that no path can express, or whose path is taken', async (t) => {
  const bucket = bucketIn(t);
  for (const [from, to] of [
    ['a', 'x//y'],
    ['x//y', 'a/b'],
    ['a/b', 'a'],
    ['a', 'a/c'],
    ['a/c', '../d'],
    ['../d', 'z/'],
  ] as const) {
    if (head(bucket, key(from)) === undefined) await put(bucket, key(from), from);
    const info = await rename(bucket, key(from), key(to));
    t.match(head(bucket, key(to)), { key: to, etag: info.etag, size: 1 });
    t.equal(head(bucket, key(from)), undefined);
  }
});

t.test('an object shadowed under keys/ does not come to light when the path’s goes', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/a`);
  writeFileSync(`${bucket.directory}/a/keep`, '');
  await put(bucket, key('a'), 'hidden');
  rmSync(`${bucket.directory}/a`, { recursive: true });
  writeFileSync(`${bucket.directory}/a`, 'the path wins');
  await rename(bucket, key('a'), key('b'));
  t.equal(bodyOf(bucket, key('b')), 'the path wins');
  t.equal(head(bucket, key('a')), undefined);
});

t.test('a directory object stays; a followed link is copied, and the link goes', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/d`);
  await t.rejects(rename(bucket, key('d/'), key('e/')), { code: 'NotSupported' });
  const following = bucketIn(t, { followSymlinks: true });
  writeFileSync(`${following.directory}/file`, 'x');
  symlinkSync('file', `${following.directory}/link`);
  await sleep(30);
  await rename(following, key('link'), key('deep/er'));
  t.equal(bodyOf(following, key('deep/er')), 'x');
  t.notOk(existsSync(`${following.directory}/link`));
  t.equal(bodyOf(following, key('file')), 'x');
});

t.test('between filesystems it is a copy and a delete', async (t) => {
  const { refused, parent } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.comment(refused);
  t.teardown(() => rmSync(`${parent}/.bucketree`, { recursive: true }));
  const bucket = bucketIn(t, {}, parent);
  const info = await put(bucket, A, 'x', { attributes: { user: { a: '1' } } });
  const there = key('mnt/b.bin');
  t.match(await rename(bucket, A, there), { etag: info.etag, user: { a: '1' }, contentType: 'text/plain' });
  t.equal(bodyOf(bucket, there), 'x');
  t.equal(head(bucket, A), undefined);
  t.notOk(existsSync(`${parent}/dir`));
});

t.test('on a filesystem without attributes the record follows its key', async (t) => {
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused !== false) return t.comment(refused);
  const bucket = bucketIn(t, {}, path);
  const info = await put(bucket, A, 'x', { attributes: { user: { a: '1' } } });
  await put(bucket, B, 'there', { attributes: { user: { b: '2' } } });
  await rename(bucket, A, B);
  t.match(head(bucket, B), { etag: info.etag, user: { a: '1' }, size: 1 });
  writeFileSync(`${path}/plain.txt`, 'plain');
  await rename(bucket, key('plain.txt'), B);
  t.same(head(bucket, B)?.user, {}, 'and what was replaced leaves none behind');
  t.equal(bodyOf(bucket, B), 'plain');
  await put(bucket, A, 'again');
  t.same(head(bucket, A)?.user, {});
});

t.test('renamed at random, objects are what a map says', async (t) => {
  const names = fc.constantFrom(...['a', 'a/b', 'a/b/c', 'b', 'b//c', 'd.txt', 'd.html', '..'].map(key));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(names, names), { maxLength: 12 }), async (moves) => {
      const bucket = bucketIn(t);
      const model = new Map<ObjectKey, string>();
      for (const [from, to] of moves) {
        if (!model.has(from)) {
          await put(bucket, from, `${from} ${model.size}`);
          model.set(from, `${from} ${model.size}`);
        }
        await rename(bucket, from, to);
        const body = model.get(from) ?? '';
        model.delete(from);
        model.set(to, body);
        for (const [name, text] of model) t.equal(bodyOf(bucket, name), text, name);
        if (from !== to) t.equal(bodyOf(bucket, from), undefined);
      }
      for (const name of model.keys()) await remove(bucket, name, {});
      const left = readdirSync(bucket.directory).filter((name) => name !== '.bucketree');
      t.same(left, [], 'no directory made to hold a key is left');
    }),
    { numRuns: 60 },
  );
});
