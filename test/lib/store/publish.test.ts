import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import t from 'tap';
import type { ObjectKey } from '../../../lib/names.js';
import { getAttribute, setAttribute } from '../../../lib/os/attributes.js';
import { closeFd, O, openBeneath, writeFd } from '../../../lib/os/open.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import type { ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import { closeAll } from '../../../lib/store/directories.js';
import { hiddenPlace } from '../../../lib/store/paths.js';
import { inspect } from '../../../lib/store/inspect.js';
import { close, publish, removeAt } from '../../../lib/store/publish.js';
import { dropTemporary, makeTemporary } from '../../../lib/store/temporary.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, PLAIN, put } from './objects.js';
import { put as putIn, storeIn } from './store-in.js';

/** Publishes `text`, and does something to the tree right before it is put in place, each time that is tried. */
async function publishAfter(
  bucket: Bucket,
  name: ObjectKey,
  text: string,
  meanwhile: (info: ObjectInfo) => void,
  conditions: WriteConditions = {},
): Promise<ObjectInfo> {
  const temporary = makeTemporary(bucket, '');
  try {
    writeFd(temporary.fd, Buffer.from(text), 0, text.length, 0);
    const prepare = (info: ObjectInfo): Promise<void> => Promise.resolve(meanwhile(info));
    const content = { temporary, attributes: PLAIN, etag: 'e', checksums: [], parts: undefined, prepare };
    return await publish(bucket, name, content, conditions);
  } finally {
    dropTemporary(bucket, temporary);
  }
}

function leftovers(bucket: Bucket): string[] {
  const tmp = `${bucket.directory}/.bucketree/tmp`;
  return existsSync(tmp) ? readdirSync(tmp) : [];
}

t.test('a new object appears with all that was said of it, whatever the durability', async (t) => {
  for (const durability of ['full', 'data', 'none'] as const) {
    const bucket = bucketIn(t, { durability });
    const info = await put(bucket, key('a/b.txt'), 'content', {
      algorithms: ['CRC32'],
      attributes: {
        user: { colour: 'blue' },
        system: { cacheControl: 'no-store' },
        tags: [{ key: 'k', value: 'v' }],
      },
    });
    t.match(info, { size: 7, contentType: 'text/plain', user: { colour: 'blue' } });
    t.same(head(bucket, key('a/b.txt')), info, 'HEAD says what PUT answered');
    t.equal(readFileSync(`${bucket.directory}/a/b.txt`, 'utf8'), 'content', 'and it is a plain file');
    t.same(leftovers(bucket), []);
  }
});

t.test('when the names are synced, nobody has the new object open for writing any more', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  const temporary = makeTemporary(bucket, '');
  writeFd(temporary.fd, Buffer.from('text'), 0, 4, 0);
  const content = { temporary, attributes: PLAIN, etag: 'e', checksums: [], parts: undefined };
  let seen: boolean | undefined;
  let published = false;
  const publishing = publish(bucket, key('k'), content, {}).then(() => (published = true));
  while (seen === undefined && !published) {
    const found = inspect(bucket, key('k'));
    if (found === undefined) await new Promise(setImmediate);
    else {
      seen = found.settled;
      close(found);
    }
  }
  await publishing;
  t.not(seen, false, 'whoever sees it first finds it settled');
  t.equal(temporary.closed, true);
  dropTemporary(bucket, temporary);
});

t.test('a replaced file keeps its mode, attributes and owner, and loses set-user-ID', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/file`;
  writeFileSync(path, 'theirs');
  if (process.getuid?.() === 0) chownSync(path, 1234, 5678);
  const { uid, gid } = statSync(path);
  const before = openBeneath(bucket.rootFd, 'file', O.RDWR);
  setAttribute(before, 'user.theirs', Buffer.from('kept'));
  chmodSync(path, 0o6751);
  await put(bucket, key('file'), 'ours');
  t.match(statSync(path), { uid, gid });
  t.equal(statSync(path).mode & 0o7777, 0o751);
  const after = openBeneath(bucket.rootFd, 'file', O.RDONLY);
  t.equal(getAttribute(after, 'user.theirs')?.toString(), 'kept');
  t.equal(readFileSync(before, 'utf8'), 'theirs', 'who had it open reads what it was');
  t.equal(readFileSync(after, 'utf8'), 'ours');
  closeFd(before);
  closeFd(after);
});

t.test('a file with another hard link is split off: the other name keeps its content', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ one: 'both' }));
  linkSync(`${bucket.directory}/one`, `${bucket.directory}/two`);
  await put(bucket, key('one'), 'new');
  t.equal(readFileSync(`${bucket.directory}/two`, 'utf8'), 'both');
  t.match(
    [statSync(`${bucket.directory}/one`), statSync(`${bucket.directory}/two`)],
    [{ nlink: 1 }, { nlink: 1 }],
  );
});

t.test('an object put at its path takes the one hidden under keys/ away', async (t) => {
  const hosts = [t.testdir({})];
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused === false) hosts.push(path);
  else t.comment(refused);
  for (const directory of hosts) {
    const bucket = bucketIn(t, {}, directory);
    mkdirSync(`${directory}/a`);
    await put(bucket, key('a'), 'hidden', { attributes: { user: { is: 'old' } } });
    t.ok(existsSync(`${directory}/${hiddenPlace('a').path}`));
    rmdirSync(`${directory}/a`);
    const info = await put(bucket, key('a'), 'path', { attributes: { user: { is: 'new' } } });
    t.notOk(existsSync(`${directory}/${hiddenPlace('a').path}`));
    t.same(head(bucket, key('a')), info, 'the new record is the one that stays');
    unlinkSync(`${directory}/a`);
    t.equal(head(bucket, key('a')), undefined, 'it does not come back to light');
  }
});

t.test('If-None-Match holds at the very instant of publishing', async (t) => {
  const bucket = bucketIn(t);
  const refused = { code: 'PreconditionFailed' };
  const created = publishAfter(
    bucket,
    key('a'),
    'ours',
    () => writeFileSync(`${bucket.directory}/a`, 'somebody was quicker'),
    { ifNoneMatch: '*' },
  );
  await t.rejects(created, refused);
  t.equal(bodyOf(bucket, key('a')), 'somebody was quicker');
  const { etag } = await put(bucket, key('b'), 'one');
  await t.rejects(put(bucket, key('b'), 'two', { conditions: { ifNoneMatch: ['x', etag] } }), refused);
  await put(bucket, key('b'), 'two', { conditions: { ifNoneMatch: ['x'] } });
  t.equal(bodyOf(bucket, key('b')), 'two');
  t.same(leftovers(bucket), []);
});

t.test('of many at once that ask for nothing to be there, exactly one gets through', async (t) => {
  const bucket = bucketIn(t, { durability: 'data' });
  const tries = Array.from({ length: 12 }, (_, at) =>
    put(bucket, key('deep/a'), `try ${at}`, { conditions: { ifNoneMatch: '*' } }),
  );
  const done = await Promise.allSettled(tries);
  const won = done.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []));
  t.equal(won.length, 1);
  t.equal(bodyOf(bucket, key('deep/a')), `try ${won[0]}`);
  for (const one of done) if (one.status === 'rejected') t.match(one.reason, { code: 'PreconditionFailed' });
});

t.test('If-Match is held against the object as it is at that instant', async (t) => {
  const bucket = bucketIn(t);
  await t.rejects(put(bucket, key('a'), 'x', { conditions: { ifMatch: '*' } }), { code: 'NoSuchKey' });
  const { etag } = await put(bucket, key('a'), 'one');
  const late = publishAfter(
    bucket,
    key('a'),
    'ours',
    () => writeFileSync(`${bucket.directory}/a`, 'edited'),
    {
      ifMatch: [etag],
    },
  );
  await t.rejects(late, { code: 'PreconditionFailed' });
  t.equal(bodyOf(bucket, key('a')), 'edited');
});

t.test('a directory that is removed meanwhile is made again', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, key('a/b/one'), 'x');
  await publishAfter(bucket, key('a/b/two'), 'y', () =>
    rmSync(`${bucket.directory}/a`, { recursive: true, force: true }),
  );
  t.equal(readFileSync(`${bucket.directory}/a/b/two`, 'utf8'), 'y');
});

t.test('a file put in the place meanwhile is replaced as what it is, with its mode', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/a`;
  writeFileSync(path, 'first');
  let turns = 0;
  await publishAfter(bucket, key('a'), 'ours', () => {
    if (turns++ > 0) return;
    writeFileSync(`${path}.new`, 'second', { mode: 0o600 });
    renameSync(`${path}.new`, path);
  });
  t.equal(turns, 2, 'it was prepared again');
  t.equal(readFileSync(path, 'utf8'), 'ours');
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('what fails while it is prepared changes nothing and leaves nothing', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, key('a'), 'one', { attributes: { user: { x: '1' } } });
  const before = head(bucket, key('a'));
  const failed = publishAfter(bucket, key('a'), 'two', () => {
    throw new Error('no');
  });
  await t.rejects(failed, { message: 'no' });
  t.same(head(bucket, key('a')), before);
  t.equal(bodyOf(bucket, key('a')), 'one');
  t.same(leftovers(bucket), []);
});

t.test('a filesystem mounted inside the bucket is no obstacle, to a path or to a hidden key', async (t) => {
  const { refused, parent, path } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.comment(refused);
  t.teardown(() => rmSync(`${parent}/.bucketree`, { recursive: true, force: true }));
  const bucket = bucketIn(t, {}, parent);
  await put(bucket, key('mnt/a/b'), 'inside');
  await publishAfter(bucket, key('mnt/a/b'), 'received on the outer one', () => undefined);
  t.equal(readFileSync(`${path}/a/b`, 'utf8'), 'received on the outer one');
  await put(bucket, key('mnt/a'), 'a directory has the path');
  t.equal(bodyOf(bucket, key('mnt/a')), 'a directory has the path');
  t.same(leftovers(bucket), []);
  t.equal(spawnSync('ls', [`${path}/.bucketree/tmp`], { encoding: 'utf8' }).stdout, '');
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

t.test('removing a name that is gone removes nothing', async (t) => {
  const bucket = bucketIn(t);
  const place = hiddenPlace('a//b');
  t.same(removeAt(bucket, key('a//b'), place.parent, place.name), []);
  await put(bucket, key('a//b'), 'x');
  closeAll(removeAt(bucket, key('a//b'), place.parent, place.name));
  t.equal(head(bucket, key('a//b')), undefined);
  closeAll(removeAt(bucket, key('a//b'), place.parent, place.name));
});
