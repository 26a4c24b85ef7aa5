import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import t from 'tap';
import { removeAt } from '../../../lib/store/publish.js';
import { hiddenPlace } from '../../../lib/store/paths.js';
import { closeAll } from '../../../lib/store/directories.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';
import { put as putIn, storeIn } from './store-in.js';

const keysOf = (directory: string): string[] => {
  const path = `${directory}/.bucketree/keys`;
  return existsSync(path)
    ? readdirSync(path, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith('.'))
    : [];
};

t.test('new content appears whole, with its record, and nothing temporary stays', async (t) => {
  for (const durability of ['full', 'data', 'none'] as const) {
    const bucket = bucketIn(t, { durability });
    const info = await put(bucket, key('a/b/c.txt'), 'content', {
      attributes: { user: { x: '1' }, system: { cacheControl: 'no-store' } },
    });
    t.same({ ...head(bucket, key('a/b/c.txt')) }, { ...info }, 'HEAD says what PUT answered');
    t.equal(readFileSync(`${bucket.directory}/a/b/c.txt`, 'utf8'), 'content');
    const tmp = `${bucket.directory}/.bucketree/tmp`;
    t.same(existsSync(tmp) ? readdirSync(tmp) : [], []);
  }
});

t.test('every legal key has its place, beside any other', async (t) => {
  const bucket = bucketIn(t);
  const all = [
    'a',
    'a/b',
    'a//b',
    '../x',
    '/',
    '.',
    'a/',
    'x'.repeat(300),
    '.bucketree/lock',
    'é',
    'e\u0301',
    'A',
    'a\0b',
    'a/b/',
  ];
  for (const text of all) await put(bucket, key(text), `content of ${text}`);
  for (const text of all)
    t.equal(bodyOf(bucket, key(text)), `content of ${text}`, JSON.stringify(text).slice(0, 20));
  for (const text of [...all].reverse()) await put(bucket, key(text), `again ${text}`);
  for (const text of all) t.equal(bodyOf(bucket, key(text)), `again ${text}`);
});

t.test('a key whose path has come free is put there, and does not come back from under keys/', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/a`);
  await put(bucket, key('a'), 'hidden');
  t.equal(keysOf(bucket.directory).length, 1);
  rmdirSync(`${bucket.directory}/a`);
  await put(bucket, key('a'), 'path');
  t.same(keysOf(bucket.directory), []);
  rmSync(`${bucket.directory}/a`);
  t.equal(head(bucket, key('a')), undefined);
});

t.test('what stands in the way is not written through, nor over', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ bucket: {}, outside: 'theirs' }) + '/bucket');
  symlinkSync('../outside', `${bucket.directory}/link`);
  symlinkSync('..', `${bucket.directory}/up`);
  await put(bucket, key('link'), 'ours');
  await put(bucket, key('up/outside'), 'ours');
  t.equal(readFileSync(`${bucket.directory}/../outside`, 'utf8'), 'theirs');
  t.equal(bodyOf(bucket, key('link')), 'ours');
  t.equal(bodyOf(bucket, key('up/outside')), 'ours');
});

t.test('PUT on a file with other hard links splits it off', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'both' }));
  linkSync(`${bucket.directory}/file`, `${bucket.directory}/link`);
  await put(bucket, key('file'), 'one');
  t.equal(readFileSync(`${bucket.directory}/link`, 'utf8'), 'both');
  t.equal(statSync(`${bucket.directory}/link`).nlink, 1);
});

t.test('conditions hold at the instant of publishing', async (t) => {
  const bucket = bucketIn(t);
  const { etag } = await put(bucket, key('a'), 'one');
  await t.rejects(put(bucket, key('a'), 'two', { conditions: { ifNoneMatch: '*' } }), {
    code: 'PreconditionFailed',
  });
  await t.rejects(put(bucket, key('a'), 'two', { conditions: { ifMatch: ['x'] } }), {
    code: 'PreconditionFailed',
  });
  await t.rejects(put(bucket, key('b'), 'two', { conditions: { ifMatch: '*' } }), { code: 'NoSuchKey' });
  await put(bucket, key('a'), 'two', { conditions: { ifMatch: [etag] } });
  await t.rejects(put(bucket, key('a'), 'three', { conditions: { ifMatch: [etag] } }), {
    code: 'PreconditionFailed',
  });
  t.equal(bodyOf(bucket, key('a')), 'two');
  t.same(readdirSync(`${bucket.directory}/.bucketree/tmp`), [], 'what was refused is gone');
});

t.test('of many who put where nothing is, exactly one wins, over two stores', async (t) => {
  const { store: one, directory } = await storeIn(t);
  const { store: two } = await storeIn(t, {}, directory);
  for (let round = 0; round < 8; round++) {
    const tries = Array.from({ length: 16 }, (_, at) =>
      putIn(at % 2 === 0 ? one : two, `key ${round}`, `try ${at}`, {}, { ifNoneMatch: '*' }).then(
        () => at,
        (error: { code: string }) =>
          error.code === 'PreconditionFailed' ? undefined : Promise.reject(error),
      ),
    );
    const winners = (await Promise.all(tries)).filter((at) => at !== undefined);
    t.equal(winners.length, 1);
    t.equal(readFileSync(`${directory}/photos/key ${round}`, 'utf8'), `try ${winners[0]}`);
  }
});

t.test('putting beside somebody who removes the emptied directories never fails', async (t) => {
  const { store: one, directory } = await storeIn(t);
  const { store: two } = await storeIn(t, {}, directory);
  const loop = async (store: typeof one, name: string): Promise<void> => {
    for (let turn = 0; turn < 25; turn++) {
      await putIn(store, `deep/er/${name}`, `${turn}`);
      await store.delete('photos' as never, `deep/er/${name}` as never, {});
    }
  };
  await Promise.all([loop(one, 'a'), loop(two, 'b'), loop(one, 'c')]);
  t.notOk(existsSync(`${directory}/photos/deep`), 'what was made only to hold keys is gone');
});

t.test('a filesystem mounted inside the bucket is no obstacle', async (t) => {
  const { refused, parent, path } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.pass(refused);
  t.teardown(() => rmSync(`${parent}/.bucketree`, { recursive: true, force: true }));
  const bucket = bucketIn(t, {}, parent);
  await put(bucket, key('mnt/a/b'), 'inside');
  await put(bucket, key('mnt/a/b'), 'inside again');
  t.equal(readFileSync(`${path}/a/b`, 'utf8'), 'inside again');
  await put(bucket, key('mnt/a'), 'under keys/, on the other filesystem');
  t.equal(bodyOf(bucket, key('mnt/a')), 'under keys/, on the other filesystem');
  await put(bucket, key('mnt'), 'the mount itself');
  t.equal(bodyOf(bucket, key('mnt')), 'the mount itself');
  await put(bucket, key('mnt//x'), 'no path');
  await t.rejects(put(bucket, key('mnt/a/b'), 'x', { conditions: { ifNoneMatch: '*' } }), {
    code: 'PreconditionFailed',
  });
  const tmp = `${path}/.bucketree/tmp`;
  for (const each of [tmp, `${parent}/.bucketree/tmp`])
    t.same(existsSync(each) ? readdirSync(each) : [], [], 'nothing temporary stays on either');
});

t.test('removing a name that is gone removes nothing', async (t) => {
  const bucket = bucketIn(t);
  const place = hiddenPlace('a//b');
  t.same(removeAt(bucket, key('a//b'), place.parent, place.name), []);
  await put(bucket, key('a//b'), 'x');
  closeAll(removeAt(bucket, key('a//b'), place.parent, place.name));
  t.equal(head(bucket, key('a//b')), undefined);
  closeAll(removeAt(bucket, key('a//b'), place.parent, place.name));
});
