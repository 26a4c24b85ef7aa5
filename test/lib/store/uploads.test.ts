import { existsSync, mkdirSync, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { parseUploadId, type UploadId } from '../../../lib/names.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { completeUpload } from '../../../lib/store/complete.js';
import { claimPart, commitPart, dropClaim } from '../../../lib/store/parts.js';
import {
  abortUpload,
  createUpload,
  expireUploads,
  findUpload,
  newUploadId,
  sweepUploads,
} from '../../../lib/store/uploads.js';
import { tryOpenUpload } from '../../../lib/store/upload.js';
import { bucketIn, key } from './bucket-in.js';
import { ANY_SIZE, completion, creation, fill, received, upload } from './multipart.js';

const KEY = key('a/b');
const GONE = { code: 'NoSuchUpload' };
const DAY = 24 * 60 * 60 * 1000;

function uploads(bucket: Bucket, below = ''): string[] {
  return readdirSync(`${bucket.directory}/.bucketree/uploads${below}`).sort();
}

t.test('an upload is what Create said, for its key alone, until it is aborted', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  const attributes = {
    system: { contentType: 'text/x' },
    user: { long: 'ä'.repeat(6000) },
    tags: [{ key: 'k', value: 'v' }],
    storageClass: 'STANDARD',
  };
  const request = creation({ attributes, checksumAlgorithm: 'CRC32', checksumType: 'FULL_OBJECT' });
  const info = await createUpload(bucket, KEY, request, 1_700_000_000_000);
  t.match(info, { key: KEY, initiated: 1_700_000_000_000, owner: 'someone', attributes });
  t.same(findUpload(bucket, KEY, info.id), info);
  t.throws(() => findUpload(bucket, key('a'), info.id), GONE);
  await t.rejects(abortUpload(bucket, key('a'), info.id), GONE);
  await upload(bucket, KEY, info.id, 1, 'x');
  await abortUpload(bucket, KEY, info.id);
  t.same(uploads(bucket), []);
  t.throws(() => findUpload(bucket, KEY, info.id), GONE);
  await t.rejects(abortUpload(bucket, KEY, info.id), GONE);
  t.notOk(existsSync(`${bucket.directory}/a`), 'nothing was made for the key');
});

t.test('ids are 32 hex digits that sort in the order of their making', async (t) => {
  const ids = [1, 1000, 1_700_000_000_000, Date.now(), 2 ** 44].map(newUploadId);
  t.same([...ids].sort(), ids);
  for (const id of ids) t.equal(parseUploadId(id), id);
  t.not(newUploadId(5), newUploadId(5));
});

t.test('an upload whose log a crash tore off at the first line never was', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  truncateSync(`${bucket.directory}/.bucketree/uploads/${id}/log`, 20);
  t.throws(() => findUpload(bucket, KEY, id), GONE);
  t.equal(sweepUploads(bucket, Date.now()), 0, 'it may be one being made');
  sweepUploads(bucket, Date.now() + DAY);
  t.same(uploads(bucket), []);
});

t.test('expiry ends uploads begun before, not later ones, nor one that is being completed', async (t) => {
  const bucket = bucketIn(t);
  const now = Date.now();
  const old = await createUpload(bucket, KEY, creation(), now - 8 * DAY);
  const held = await createUpload(bucket, KEY, creation(), now - 8 * DAY);
  const young = await createUpload(bucket, KEY, creation(), now - 6 * DAY);
  const holder = tryOpenUpload(bucket, held.id);
  t.ok(holder?.tryHold());
  t.equal(expireUploads(bucket, 7 * DAY, now), 1);
  t.same(uploads(bucket), [held.id, young.id].sort());
  t.throws(() => findUpload(bucket, KEY, old.id), GONE);
  holder?.close();
  t.equal(expireUploads(bucket, 7 * DAY, now), 1);
});

t.test('a completed upload is answered for a day and then forgotten', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  const request = completion([await upload(bucket, KEY, id, 1, 'x')]);
  await completeUpload(bucket, KEY, id, request, ANY_SIZE);
  expireUploads(bucket, 7 * DAY, Date.now() + DAY - 60_000);
  t.match(await completeUpload(bucket, KEY, id, request, ANY_SIZE), { size: 1 });
  expireUploads(bucket, 7 * DAY, Date.now() + DAY + 60_000);
  await t.rejects(completeUpload(bucket, KEY, id, request, ANY_SIZE), GONE);
  t.same(uploads(bucket, '/completed'), []);
});

t.test('the sweep removes what nobody holds and no acknowledged part names, and nothing else', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  const slot = await upload(bucket, KEY, id, 1, 'aaaa');
  const file = await upload(bucket, KEY, id, 2, 'longer');
  const open = claimPart(bucket, KEY, id, 2, 9);
  fill(open, Buffer.from('in the way'.slice(0, 9)));
  const directory = `${bucket.directory}/.bucketree/uploads/${id}`;
  writeFileSync(`${directory}/part.3.abcdef`, 'of an attempt that was killed');
  writeFileSync(`${directory}/assembled.abcdef`, 'of a Complete that was killed');
  const before = uploads(bucket, `/${id}`).length;
  t.equal(sweepUploads(bucket, Date.now()), 2);
  t.equal(uploads(bucket, `/${id}`).length, before - 2);
  const part = await commitPart(bucket, KEY, id, 2, open, received(Buffer.from('in the wa')));
  t.not(part.etag, file.etag);
  await completeUpload(bucket, KEY, id, completion([slot, part]), ANY_SIZE);
});

t.test('the sweep leaves an upload usable whose Complete was killed before it published', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  const parts = [await upload(bucket, KEY, id, 2, 'aa'), await upload(bucket, KEY, id, 3, 'bbb')];
  const directory = `${bucket.directory}/.bucketree/uploads/${id}`;
  const opened = tryOpenUpload(bucket, id);
  if (opened === undefined) return t.fail('there is no upload');
  writeFileSync(`${directory}/assembled.ab`, 'aabbb');
  const { writeResult } = await import('../../../lib/store/upload.js');
  const { closeFd } = await import('../../../lib/os/open.js');
  closeFd(writeResult(opened.directory, { file: 'assembled.ab', info: {} as never }));
  opened.close();
  t.equal(sweepUploads(bucket, Date.now()), 2);
  t.same(findUpload(bucket, KEY, id).id, id);
  t.match(await completeUpload(bucket, KEY, id, completion(parts), ANY_SIZE), { size: 5 });
});

t.test('an Abort waits for a Complete under way and then finds no upload', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  const { id } = await createUpload(bucket, KEY, creation());
  const request = completion([await upload(bucket, KEY, id, 1, 'x')]);
  const [completed, aborted] = await Promise.allSettled([
    completeUpload(bucket, KEY, id, request, ANY_SIZE),
    abortUpload(bucket, KEY, id),
  ]);
  t.equal(completed.status, 'fulfilled');
  t.match(aborted, { status: 'rejected', reason: GONE });
});

t.test('what else stands among the uploads disturbs nobody', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  const root = `${bucket.directory}/.bucketree/uploads`;
  writeFileSync(`${root}/${'0'.repeat(32)}`, 'a file');
  mkdirSync(`${root}/notes`);
  const empty = `${root}/${'1'.repeat(32)}`;
  mkdirSync(empty);
  utimesSync(empty, 1, 1);
  t.equal(expireUploads(bucket, 0, Date.now() - 1000), 0);
  sweepUploads(bucket, Date.now());
  t.same(uploads(bucket), ['0'.repeat(32), id, 'notes'].sort());
  t.throws(() => findUpload(bucket, KEY, '1'.repeat(32) as UploadId), GONE);
  dropClaim(bucket, claimPart(bucket, KEY, id, 1, 1));
});
