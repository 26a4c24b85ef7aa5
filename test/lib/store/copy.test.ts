import {
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import type { ObjectKey } from '../../../lib/names.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { completeUpload } from '../../../lib/store/complete.js';
import { copyObject, keepType } from '../../../lib/store/copy.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import type { CopyRequest } from '../../../lib/store/store.js';
import { createUpload } from '../../../lib/store/uploads.js';
import { bucketIn, key } from './bucket-in.js';
import { ANY_SIZE, completion, creation, received, upload } from './multipart.js';
import { bodyOf, head, put } from './objects.js';

type Changes = Partial<CopyRequest>;

function copy(bucket: Bucket, from: ObjectKey, to: ObjectKey, changes: Changes = {}): Promise<ObjectInfo> {
  const request: CopyRequest = {
    source: { bucket: bucket.name, key: from },
    sourceEtag: head(bucket, from)?.etag ?? '',
    target: { bucket: bucket.name, key: to },
    attributes: undefined,
    tags: undefined,
    conditions: {},
    checksumAlgorithm: undefined,
    ...changes,
  };
  return copyObject(bucket, request, bucket);
}

const A = key('dir/a.txt');
const B = key('other/b.txt');
/** Past the tick of the clock in which a stamp cannot vouch for what others wrote. */
const tick = (): Promise<void> => sleep(30);

t.test('a copy is another file with the same bytes, metadata, entity tag and checksums', async (t) => {
  const bucket = bucketIn(t);
  const attributes = {
    system: { cacheControl: 'no-cache', websiteRedirect: '/x' },
    user: { a: 'b' },
    tags: [{ key: 'k', value: 'v' }],
    storageClass: 'COLD',
  };
  const original = await put(bucket, A, 'hello', { attributes, algorithms: ['SHA256'] });
  const made = await copy(bucket, A, B);
  t.same(head(bucket, B), made);
  const { modified, key: name, system } = made;
  t.same({ ...original, modified, key: name, system }, made);
  t.same(system, { cacheControl: 'no-cache' }, 'a redirect belongs to its place');
  t.equal(bodyOf(bucket, B), 'hello');
  const paths = [A, B].map((path) => statSync(`${bucket.directory}/${path}`));
  t.not(paths[0]?.ino, paths[1]?.ino, 'never a hard link');
});

t.test('metadata and tags are replaced as asked, each by itself', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'x', { attributes: { user: { a: '1' }, tags: [{ key: 'k', value: 'v' }] } });
  const attributes = { system: { contentType: 'x/y' }, user: { b: '2' }, storageClass: 'STANDARD' };
  t.match(await copy(bucket, A, B, { attributes }), {
    ...attributes,
    tags: [{ key: 'k' }],
    contentType: 'x/y',
  });
  t.match(await copy(bucket, A, B, { tags: [] }), { user: { a: '1' }, tags: [] });
});

t.test('the type an object has by its extension goes with it', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'x');
  t.equal((await copy(bucket, A, key('noextension'))).contentType, 'text/plain');
  t.same(keepType({}, A, key('b.html')), { contentType: 'text/plain' });
  t.same(keepType({}, A, B), {});
  t.same(keepType({ contentType: 'x/y' }, A, key('b.html')), { contentType: 'x/y' });
});

t.test(
  'a multipart object’s copy has its parts; edited outside, it has lost tag, checksums and parts',
  async (t) => {
    const bucket = bucketIn(t);
    const { id } = await createUpload(bucket, A, creation());
    const parts = [await upload(bucket, A, id, 1, 'aa'), await upload(bucket, A, id, 2, 'bb')];
    const info = await completeUpload(bucket, A, id, completion(parts), ANY_SIZE);
    t.match(await copy(bucket, A, B), { etag: info.etag, parts: info.parts, checksums: info.checksums });
    writeFileSync(`${bucket.directory}/${A}`, 'edited');
    await tick();
    const made = await copy(bucket, A, B);
    t.not(made.etag, info.etag);
    t.equal(made.etag, head(bucket, A)?.etag, 'the opaque tag names these bytes too');
    t.same(made.checksums, []);
    t.equal(made.parts, undefined);
    t.equal(bodyOf(bucket, B), 'edited');
  },
);

t.test('a checksum asked for is carried when known, else computed from the bytes', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'hello', { algorithms: ['CRC32'] });
  const [crc] = received(Buffer.from('hello'), ['CRC32']).checksums;
  const [sha] = received(Buffer.from('hello'), ['SHA256']).checksums;
  t.match(await copy(bucket, A, B, { checksumAlgorithm: 'CRC32' }), { checksums: [crc] });
  t.match((await copy(bucket, A, B, { checksumAlgorithm: 'SHA256' })).checksums, [
    { ...sha, type: 'FULL_OBJECT' },
  ]);
  writeFileSync(`${bucket.directory}/plain`, 'hello');
  await tick();
  const made = await copy(bucket, key('plain'), B, { checksumAlgorithm: 'SHA256' });
  t.match(
    made,
    { checksums: [sha], etag: received(Buffer.from('hello')).md5 },
    'and then the true MD5 is known',
  );
});

t.test('a source that is not what was judged is a Conflict; conditions hold for the target', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'x');
  await t.rejects(copy(bucket, A, B, { sourceEtag: 'another' }), { code: 'Conflict' });
  await t.rejects(copy(bucket, key('none'), B), { code: 'NoSuchKey' });
  await put(bucket, B, 'there');
  await t.rejects(copy(bucket, A, B, { conditions: { ifNoneMatch: '*' } }), { code: 'PreconditionFailed' });
  t.equal(bodyOf(bucket, B), 'there');
  await copy(bucket, A, B, { conditions: { ifMatch: [head(bucket, B)?.etag ?? ''] } });
  t.equal(bodyOf(bucket, B), 'x');
});

t.test('a source edited while it is copied is never copied as a mixture', async (t) => {
  const bucket = bucketIn(t);
  const size = 96 * 1024 * 1024;
  writeFileSync(`${bucket.directory}/big`, Buffer.alloc(size, 'a'));
  await tick();
  const copying = copy(bucket, key('big'), B).then(
    () => 'copied',
    (error: { code?: string }) => error.code,
  );
  await sleep(1);
  writeFileSync(`${bucket.directory}/big`, Buffer.alloc(size, 'b'));
  const outcome = await copying;
  t.match(outcome, /^(copied|Conflict)$/);
  const made = bodyOf(bucket, B);
  if (outcome === 'Conflict') t.equal(made, undefined);
  else t.ok(made === 'a'.repeat(size) || made === 'b'.repeat(size));
});

t.test('onto itself only the record changes', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  const before = await put(bucket, A, 'x', { algorithms: ['CRC32'], attributes: { user: { a: '1' } } });
  const { ino } = statSync(`${bucket.directory}/${A}`);
  const attributes = { system: {}, user: { b: '2' }, storageClass: 'STANDARD' };
  const after = await copy(bucket, A, A, { attributes });
  t.same(after, { ...before, user: { b: '2' } });
  t.same(head(bucket, A), after);
  t.equal(statSync(`${bucket.directory}/${A}`).ino, ino);
  const [sha] = received(Buffer.from('x'), ['SHA256']).checksums;
  t.match(await copy(bucket, A, A, { checksumAlgorithm: 'SHA256' }), { etag: before.etag, checksums: [sha] });
  await t.rejects(copy(bucket, A, A, { conditions: { ifNoneMatch: '*' } }), { code: 'PreconditionFailed' });
});

t.test('onto itself a file with other hard links is split off: theirs stays as it is', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'shared');
  linkSync(`${bucket.directory}/${A}`, `${bucket.directory}/link`);
  await copy(bucket, A, A, { attributes: { system: {}, user: { only: 'mine' }, storageClass: 'STANDARD' } });
  t.equal(statSync(`${bucket.directory}/${A}`).nlink, 1);
  t.same(head(bucket, A)?.user, { only: 'mine' });
  t.same(head(bucket, key('link'))?.user, {});
  t.equal(bodyOf(bucket, key('link')), 'shared');
});

t.test(
  'directory objects, hidden keys and empty files are copied as what the target’s key makes them',
  async (t) => {
    const bucket = bucketIn(t);
    await put(bucket, key('a//b'), 'odd');
    await copy(bucket, key('a//b'), key('even'));
    t.equal(readFileSync(`${bucket.directory}/even`, 'utf8'), 'odd');
    await copy(bucket, key('even'), key('x//y'));
    t.equal(bodyOf(bucket, key('x//y')), 'odd');
    mkdirSync(`${bucket.directory}/empty`);
    await copy(bucket, key('empty/'), key('made/'), {
      attributes: { system: {}, user: { d: '1' }, storageClass: 'STANDARD' },
    });
    t.ok(statSync(`${bucket.directory}/made`).isDirectory());
    t.same(head(bucket, key('made/'))?.user, { d: '1' });
    await copy(bucket, key('made/'), key('file'));
    t.match(head(bucket, key('file')), { size: 0, user: { d: '1' } });
    await copy(bucket, key('made/'), key('made/'), {
      attributes: { system: {}, user: { d: '2' }, storageClass: 'STANDARD' },
    });
    t.same(head(bucket, key('made/'))?.user, { d: '2' });
  },
);

t.test('holes stay holes, and between buckets a copy is a copy', async (t) => {
  const root = t.testdir({ one: {}, two: {} });
  const bucket = bucketIn(t, {}, `${root}/one`);
  const other = bucketIn(t, {}, `${root}/two`);
  writeFileSync(`${bucket.directory}/sparse`, 'x');
  truncateSync(`${bucket.directory}/sparse`, 64 * 1024 * 1024);
  await tick();
  const request = {
    source: { bucket: bucket.name, key: key('sparse') },
    sourceEtag: head(bucket, key('sparse'))?.etag ?? '',
    target: { bucket: 'other' as typeof bucket.name, key: key('sparse') },
    attributes: undefined,
    tags: undefined,
    conditions: {},
    checksumAlgorithm: undefined,
  };
  await copyObject(bucket, request, other);
  const { size, blocks } = statSync(`${other.directory}/sparse`);
  t.equal(size, 64 * 1024 * 1024);
  t.ok(blocks * 512 < 1024 * 1024);
});

t.test('a link is no source unless links are followed', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, A, 'x');
  symlinkSync('dir/a.txt', `${bucket.directory}/link`);
  await t.rejects(copy(bucket, key('link'), B), { code: 'NoSuchKey' });
});
