import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { getAttribute } from '../../../lib/os/attributes.js';
import { closeFd, O, openBeneath } from '../../../lib/os/open.js';
import { XATTR } from '../../../lib/os/path-attributes.js';
import { E } from '../../../lib/os/system-error.js';
import { Bucket } from '../../../lib/store/bucket.js';
import { publishDirectory } from '../../../lib/store/directory-object.js';
import { ATTRIBUTE, SETTINGS_MARK } from '../../../lib/store/layout.js';
import { openStore } from '../../../lib/store/local.js';
import { PLAIN } from '../../../lib/store/record.js';
import { remove as removeObject } from '../../../lib/store/remove.js';
import { setTags } from '../../../lib/store/tags.js';
import { errnoOf } from '../../../mount/errno.js';
import { Xattrs } from '../../../mount/filesystem/xattrs.js';
import { startWriter } from '../../lib/os/another-process.js';
import { bucketIn, key, OPTIONS } from '../../lib/store/bucket-in.js';
import { bodyOf, head, put } from '../../lib/store/objects.js';
import { bucketsIn, hold } from './held.js';

const xattrs = new Xattrs();
const A = key('a.txt');

/** The attributes of one file as a caller sees them, names and values as text. */
function seen(t: Test, bucket: Bucket, path: string): Record<string, string> {
  const fd = hold(t, bucket, path);
  return Object.fromEntries(
    xattrs
      .list(bucket, path, fd)
      .map((name) => [name.toString(), xattrs.get(bucket, path, fd, name).toString()]),
  );
}

function get(t: Test, bucket: Bucket, path: string, name: string): string | number {
  try {
    return xattrs.get(bucket, path, hold(t, bucket, path), Buffer.from(name)).toString();
  } catch (error) {
    return errnoOf(error);
  }
}

/** @returns the errno, 0 when it went well */
async function set(
  t: Test,
  bucket: Bucket,
  path: string,
  name: string,
  value: string | Buffer,
  flags = 0,
): Promise<number> {
  const fd = hold(t, bucket, path);
  try {
    await xattrs.set(bucket, path, fd, Buffer.from(name), Buffer.from(value), flags);
    return 0;
  } catch (error) {
    return errnoOf(error);
  }
}

async function remove(t: Test, bucket: Bucket, path: string, name: string): Promise<number> {
  try {
    await xattrs.remove(bucket, path, hold(t, bucket, path), Buffer.from(name));
    return 0;
  } catch (error) {
    return errnoOf(error);
  }
}

t.test('what an S3 client stored is listed, and what is computed answers when asked for', async (t) => {
  for (const bucket of bucketsIn(t)) {
    const { etag } = await put(bucket, A, 'content', {
      attributes: {
        system: { contentType: 'text/x-mine', cacheControl: 'no-cache' },
        user: { colour: 'blue' },
        tags: [{ key: 'project', value: 'x y' }],
        storageClass: 'GLACIER',
      },
    });
    t.same(seen(t, bucket, A), {
      'user.s3.content-type': 'text/x-mine',
      'user.s3.cache-control': 'no-cache',
      'user.s3.storage-class': 'GLACIER',
      'user.s3.meta.colour': 'blue',
      'user.s3.tag.project': 'x y',
    });
    t.equal(get(t, bucket, A, 'user.s3.etag'), etag);
  }
});

t.test('a file from elsewhere lists nothing, and has a type and an entity tag all the same', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'page.html': '<p>' }));
  await sleep(30);
  t.same(seen(t, bucket, 'page.html'), {});
  t.equal(get(t, bucket, 'page.html', 'user.s3.content-type'), 'text/html');
  t.equal(get(t, bucket, 'page.html', 'user.s3.etag'), head(bucket, key('page.html'))?.etag);
  for (const name of ['user.s3.cache-control', 'user.s3.meta.x', 'user.s3.tag.x', 'user.s3.storage-class'])
    t.equal(get(t, bucket, 'page.html', name), E.ENODATA, name);
});

t.test('what is set or removed is what HEAD says from then on, and its entity tag stays', async (t) => {
  for (const bucket of bucketsIn(t)) {
    const info = await put(bucket, A, 'content', { algorithms: ['CRC32'] });
    t.equal(await set(t, bucket, A, 'user.s3.content-type', 'text/markdown'), 0);
    t.equal(await set(t, bucket, A, 'user.s3.meta.colour', 'blau'), 0);
    t.equal(await set(t, bucket, A, 'user.s3.meta.size', ''), 0);
    t.equal(await set(t, bucket, A, 'user.s3.tag.project', 'y'), 0);
    t.equal(await set(t, bucket, A, 'user.s3.storage-class', 'GLACIER'), 0);
    t.same(head(bucket, A), {
      ...info,
      contentType: 'text/markdown',
      system: { contentType: 'text/markdown' },
      user: { colour: 'blau', size: '' },
      tags: [{ key: 'project', value: 'y' }],
      storageClass: 'GLACIER',
    });
    t.equal(Object.keys(seen(t, bucket, A)).length, 5);
    for (const name of Object.keys(seen(t, bucket, A))) t.equal(await remove(t, bucket, A, name), 0, name);
    t.same(head(bucket, A), info);
    t.same(seen(t, bucket, A), {});
    t.equal(bodyOf(bucket, A), 'content');
  }
});

t.test('a server that has the object in memory serves what was set in the mount', async (t) => {
  const directory = t.testdir({ photos: {} });
  const options = { ...OPTIONS, directory, buckets: new Map(), cacheBytes: 1024 * 1024 };
  const store = await openStore(options);
  t.teardown(() => store.close());
  const bucket = new Bucket('photos' as Bucket['name'], `${directory}/photos`, false, OPTIONS);
  t.teardown(() => bucket.close());
  await put(bucket, A, 'content');
  await sleep(30);
  for (const value of ['one', 'two', 'three']) {
    await store.head(bucket.name, A);
    t.equal(await set(t, bucket, A, 'user.s3.meta.x', value), 0);
    t.match(await store.head(bucket.name, A), { user: { x: value } });
  }
  await store.setTags(bucket.name, A, [{ key: 'by', value: 'http' }]);
  t.match(seen(t, bucket, A), { 'user.s3.tag.by': 'http', 'user.s3.meta.x': 'three' });
});

t.test('metadata set on a file from elsewhere records the entity tag of that moment', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'a.txt': 'theirs' }));
  await sleep(30);
  const before = head(bucket, A);
  t.equal(await set(t, bucket, A, 'user.s3.meta.x', 'y'), 0);
  t.same(head(bucket, A), { ...before, user: { x: 'y' } });
  writeFileSync(`${bucket.directory}/a.txt`, 'edited');
  await sleep(30);
  t.match(head(bucket, A), { user: { x: 'y' } });
  t.not(head(bucket, A)?.etag, before?.etag);
});

t.test('metadata set while the file is being written says nothing of its content', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'a.txt': 'theirs' }));
  const writer = await startWriter(`${bucket.directory}/a.txt`);
  t.equal(await set(t, bucket, A, 'user.s3.tag.x', 'y'), 0);
  await writer.ask('close');
  await writer.end();
  await sleep(30);
  const first = head(bucket, A);
  t.match(first, { tags: [{ key: 'x', value: 'y' }], etag: /-1$/ });
  writeFileSync(`${bucket.directory}/a.txt`, 'edited');
  t.not(head(bucket, A)?.etag, first?.etag);
});

t.test('all names of a file share what is set on one, and stay names of one file', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'content');
  linkSync(`${bucket.directory}/a.txt`, `${bucket.directory}/b.txt`);
  t.equal(await set(t, bucket, A, 'user.s3.meta.x', 'y'), 0);
  t.match(seen(t, bucket, 'b.txt'), { 'user.s3.meta.x': 'y' });
  t.equal(hold(t, bucket, 'a.txt') > 0 && head(bucket, key('b.txt'))?.user['x'], 'y');
});

t.test('past S3’s limits nothing is changed', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'content', { attributes: { user: { x: '1' } } });
  const before = head(bucket, A);
  for (const [name, value] of [
    ['user.s3.meta.y', 'z'.repeat(2047)],
    ['user.s3.meta.Upper', 'x'],
    ['user.s3.meta.a', Buffer.from([0xff, 0xfe])],
    ['user.s3.meta.a', 'line\nline'],
    ['user.s3.tag.aws:x', 'x'],
    ['user.s3.storage-class', 'COLD'],
    ['user.s3.nonsense', 'x'],
    ['user.s3.', 'x'],
  ] as const) {
    t.equal(await set(t, bucket, A, name, value), E.EINVAL, name);
  }
  for (let at = 0; at < 10; at++) t.equal(await set(t, bucket, A, `user.s3.tag.${at}`, ''), 0);
  t.equal(await set(t, bucket, A, 'user.s3.tag.10', ''), E.EINVAL);
  for (let at = 0; at < 10; at++) t.equal(await remove(t, bucket, A, `user.s3.tag.${at}`), 0);
  t.same(head(bucket, A), before);
});

t.test('what is computed cannot be set, and ours is not there', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'content', { attributes: { user: { x: '1' } } });
  const raw = (): string => {
    const fd = openBeneath(bucket.rootFd, 'a.txt', O.RDONLY);
    const bytes = getAttribute(fd, ATTRIBUTE);
    closeFd(fd);
    return bytes?.toString('hex') ?? '';
  };
  const before = raw();
  t.not(before, '');
  t.equal(await set(t, bucket, A, 'user.s3.etag', 'x'), E.EPERM);
  t.equal(await remove(t, bucket, A, 'user.s3.etag'), E.EPERM);
  t.equal(await set(t, bucket, A, ATTRIBUTE, 'x'), E.EPERM);
  t.equal(await remove(t, bucket, A, ATTRIBUTE), E.EPERM);
  t.equal(await set(t, bucket, A, SETTINGS_MARK, 'x'), E.EPERM);
  t.equal(get(t, bucket, A, SETTINGS_MARK), E.ENODATA);
  t.equal(get(t, bucket, A, ATTRIBUTE), E.ENODATA);
  t.same(Object.keys(seen(t, bucket, A)), ['user.s3.meta.x']);
  t.equal(raw(), before);
});

t.test('flags of setxattr are kept, for stored values', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'content', { attributes: { user: { x: '1' } } });
  t.equal(await set(t, bucket, A, 'user.s3.meta.x', '2', XATTR.CREATE), E.EEXIST);
  t.equal(await set(t, bucket, A, 'user.s3.meta.y', '2', XATTR.REPLACE), E.ENODATA);
  t.equal(await set(t, bucket, A, 'user.s3.meta.x', '2', XATTR.REPLACE), 0);
  t.equal(await set(t, bucket, A, 'user.s3.content-type', 'text/plain', XATTR.CREATE), 0);
  t.equal(await remove(t, bucket, A, 'user.s3.meta.z'), E.ENODATA);
  t.match(head(bucket, A), { user: { x: '2' }, system: { contentType: 'text/plain' } });
});

t.test('every other attribute is the file’s own', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'a.txt': 'theirs' }));
  const root = process.getuid?.() === 0;
  const names = ['user.theirs', 'user.bucketree2', 'user.s3', ...(root ? ['trusted.x', 'security.x'] : [])];
  for (const name of names)
    t.equal(await set(t, bucket, A, name, Buffer.from([0, 255]).toString('latin1')), 0);
  t.same(Object.keys(seen(t, bucket, A)).sort(), [...names].sort());
  t.equal(await set(t, bucket, A, 'user.theirs', 'x', XATTR.CREATE), E.EEXIST);
  t.equal(await set(t, bucket, A, 'user.other', 'x', XATTR.REPLACE), E.ENODATA);
  t.equal(await remove(t, bucket, A, 'user.theirs'), 0);
  t.equal(await remove(t, bucket, A, 'user.theirs'), E.ENODATA);
  const visible = xattrs.list(bucket, A, hold(t, bucket, A), false).map(String);
  t.notOk(visible.includes('trusted.x'), 'trusted ones are not told to everybody');
  t.equal(head(bucket, A)?.etag.endsWith('-1'), true, 'and no record came of it');
});

t.test('an access control list is the file’s', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'a.txt': 'theirs' }));
  const { status } = spawnSync('setfacl', ['-m', 'u:12345:r', `${bucket.directory}/a.txt`]);
  if (status !== 0) return t.pass('no access control lists here');
  const acl = xattrs.get(bucket, A, hold(t, bucket, A), Buffer.from('system.posix_acl_access'));
  writeFileSync(`${bucket.directory}/b.txt`, '');
  t.equal(await set(t, bucket, 'b.txt', 'system.posix_acl_access', acl), 0);
  t.match(
    spawnSync('getfacl', ['-n', `${bucket.directory}/b.txt`], { encoding: 'utf8' }).stdout,
    /user:12345:r/,
  );
});

t.test('links and what else is no object have no metadata', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'a.txt': 'theirs' }));
  symlinkSync('a.txt', `${bucket.directory}/link`);
  spawnSync('mkfifo', [`${bucket.directory}/fifo`]);
  for (const path of ['link', 'fifo']) {
    t.same(seen(t, bucket, path), {}, path);
    t.equal(get(t, bucket, path, 'user.s3.etag'), E.ENODATA, path);
    t.equal(await set(t, bucket, path, 'user.s3.meta.x', 'y'), E.EPERM, path);
  }
  t.equal(await set(t, bucket, '', 'user.s3.meta.x', 'y'), E.EPERM, 'the bucket itself');
});

t.test('a directory object has metadata; setting some on a directory makes it one', async (t) => {
  for (const bucket of bucketsIn(t)) {
    const about = { ...PLAIN, user: { x: '1' }, etag: 'd41d8cd98f00b204e9800998ecf8427e', checksums: [] };
    await publishDirectory(bucket, key('made/'), about, {});
    t.same(seen(t, bucket, 'made'), { 'user.s3.meta.x': '1' });
    t.equal(await set(t, bucket, 'made', 'user.s3.meta.x', '2'), 0);
    t.match(head(bucket, key('made/')), { user: { x: '2' } });
    mkdirSync(`${bucket.directory}/theirs/deep`, { recursive: true });
    t.equal(head(bucket, key('theirs/')), undefined);
    t.equal(get(t, bucket, 'theirs', 'user.s3.etag'), E.ENODATA);
    t.equal(get(t, bucket, 'theirs/deep', 'user.s3.etag'), 'd41d8cd98f00b204e9800998ecf8427e');
    t.equal(await set(t, bucket, 'theirs', 'user.s3.tag.x', 'y'), 0);
    t.match(head(bucket, key('theirs/')), { tags: [{ key: 'x', value: 'y' }] });
  }
});

t.test('an implicit directory whose own attributes are set is somebody’s from then on', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, key('kept/x'), '1');
  await put(bucket, key('pruned/x'), '1');
  t.equal(await set(t, bucket, 'kept', 'user.mine', '1'), 0);
  t.same(seen(t, bucket, 'pruned'), {});
  for (const name of ['kept/x', 'pruned/x']) await removeObject(bucket, key(name), {});
  t.not(head(bucket, key('kept/')), undefined);
  t.throws(() => readFileSync(`${bucket.directory}/pruned`), { code: 'ENOENT' });
});

t.test('a name that is not UTF-8 has metadata of its own, for the day it gets one that is', async (t) => {
  const bucket = bucketIn(t);
  const name = Buffer.from([0x66, 0xff]);
  writeFileSync(Buffer.concat([Buffer.from(`${bucket.directory}/`), name]), 'x');
  const fd = hold(t, bucket, name);
  await xattrs.set(bucket, undefined, fd, Buffer.from('user.s3.meta.x'), Buffer.from('y'), 0);
  t.same(xattrs.list(bucket, undefined, fd).map(String), ['user.s3.meta.x']);
  t.throws(() => xattrs.get(bucket, undefined, fd, Buffer.from('user.s3.etag')), { code: 'ENODATA' });
});

t.test('a bucket served read-only keeps its metadata as it is', async (t) => {
  const directory = t.testdir({ 'a.txt': 'theirs' });
  const bucket = bucketIn(t, { readOnly: true }, directory);
  for (const name of ['user.s3.meta.x', 'user.theirs']) {
    t.equal(await set(t, bucket, A, name, 'x'), E.EROFS, name);
    t.equal(await remove(t, bucket, A, name), E.EROFS, name);
  }
});

t.test('tags set over HTTP and metadata set here do not undo one another', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'content');
  await Promise.all(
    Array.from({ length: 20 }, async (_, turn) => {
      await setTags(bucket, A, [{ key: 'turn', value: String(turn) }]);
      t.equal(await set(t, bucket, A, `user.s3.meta.n${turn}`, String(turn)), 0);
    }),
  );
  const now = head(bucket, A);
  t.equal(Object.keys(now?.user ?? {}).length, 20);
  t.equal(now?.tags.length, 1);
});
