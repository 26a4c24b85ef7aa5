import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseUploadId } from '../../../lib/names.js';
import { uploadTasks } from '../../../lib/store/upload-tasks.js';
import { makeTemporary } from '../../../lib/store/temporary.js';
import { writeFd } from '../../../lib/os/open.js';
import { key } from './bucket-in.js';
import { engineIn } from './engine-in.js';
import { completion, creation, fill, received } from './multipart.js';
import { bodyOf, put, putting } from './objects.js';
import { openAt } from './open-files.js';
import { PHOTOS } from './store-in.js';

const KEY = key('film.bin');
const HEAD = Buffer.alloc(5 * 1024 * 1024, 'h');
const TAIL = Buffer.from('the tail');

t.test(
  'an upload from its creation to its object, its parts kept in memory or written where claimed',
  async (t) => {
    const engine = engineIn(t);
    const { id } = await uploadTasks.createUpload(engine, PHOTOS, KEY, creation());
    t.match(uploadTasks.upload(engine, PHOTOS, KEY, id), { id, key: KEY, owner: 'someone' });
    const claim = uploadTasks.claimPart(engine, PHOTOS, KEY, id, 1, HEAD.length);
    fill(claim, HEAD);
    const first = await uploadTasks.commitPart(engine, PHOTOS, KEY, id, 1, claim, received(HEAD));
    const second = await uploadTasks.putPart(engine, PHOTOS, KEY, id, 2, TAIL, received(TAIL));
    uploadTasks.dropClaim(engine, PHOTOS, uploadTasks.claimPart(engine, PHOTOS, KEY, id, 3, 10));
    t.match(uploadTasks.listParts(engine, PHOTOS, KEY, id, { after: 0, limit: 10 }), {
      parts: [first, second],
      truncated: false,
    });
    const query = { prefix: '', delimiter: '', keyMarker: '', uploadIdMarker: '', limit: 10 };
    t.match(uploadTasks.listUploads(engine, PHOTOS, query), { entries: [{ kind: 'upload', id, key: KEY }] });
    const info = await uploadTasks.completeUpload(engine, PHOTOS, KEY, id, completion([first, second]));
    t.match(info, { size: HEAD.length + TAIL.length, etag: /^[0-9a-f]{32}-2$/ });
    const { directory } = engine.buckets.get(PHOTOS);
    t.ok(readFileSync(`${directory}/${KEY}`).equals(Buffer.concat([HEAD, TAIL])));
    t.equal(openAt(`${directory}/${KEY}`), 0);
    t.throws(() => uploadTasks.upload(engine, PHOTOS, KEY, id), { code: 'NoSuchUpload' });
  },
);

t.test('an aborted upload is no more, and a part too small in the middle is refused', async (t) => {
  const engine = engineIn(t);
  const { id } = await uploadTasks.createUpload(engine, PHOTOS, KEY, creation());
  const parts = [
    await uploadTasks.putPart(engine, PHOTOS, KEY, id, 1, TAIL, received(TAIL)),
    await uploadTasks.putPart(engine, PHOTOS, KEY, id, 2, TAIL, received(TAIL)),
  ];
  await t.rejects(uploadTasks.completeUpload(engine, PHOTOS, KEY, id, completion(parts)), {
    code: 'PartTooSmall',
  });
  await uploadTasks.abortUpload(engine, PHOTOS, KEY, id);
  await t.rejects(async () => uploadTasks.abortUpload(engine, PHOTOS, KEY, id), { code: 'NoSuchUpload' });
});

t.test('an object is copied, whole and as a part, renamed, and added to', async (t) => {
  const engine = engineIn(t);
  const bucket = engine.buckets.get(PHOTOS);
  const { etag } = await put(bucket, key('from'), 'some text');
  const source = { bucket: PHOTOS, key: key('from') };
  const target = { bucket: PHOTOS, key: key('to') };
  const copied = await uploadTasks.copy(engine, {
    source,
    sourceEtag: etag,
    target,
    conditions: {},
    attributes: undefined,
    tags: undefined,
    checksumAlgorithm: undefined,
  });
  t.match(copied, { key: 'to', etag });
  const { id } = await uploadTasks.createUpload(engine, PHOTOS, KEY, creation());
  const part = await uploadTasks.copyPart(engine, {
    source,
    sourceEtag: etag,
    start: 5,
    end: 9,
    target: { bucket: PHOTOS, key: KEY },
    uploadId: id,
    number: 1,
  });
  t.match(part, { number: 1, size: 4 });
  const anyhow = { source: {}, target: {} };
  t.match(await uploadTasks.rename(engine, PHOTOS, key('to'), key('moved'), anyhow), { key: 'moved', etag });
  t.equal(bodyOf(bucket, key('to')), undefined);
  const more = Buffer.from(', and more');
  const request = putting(more, {});
  const grown = await uploadTasks.append(engine, PHOTOS, key('moved'), more, received(more), 9, request);
  t.equal(grown.size, 19);
  t.equal(bodyOf(bucket, key('moved')), 'some text, and more');
});

t.test('a temporary file that was to be added is gone, whether it was added or refused', async (t) => {
  const engine = engineIn(t);
  const bucket = engine.buckets.get(PHOTOS);
  for (const offset of [0, 99]) {
    const temporary = makeTemporary(bucket, '');
    writeFd(temporary.fd, TAIL, 0, TAIL.length, 0);
    const before = openAt(`${bucket.directory}/`);
    const about = received(TAIL);
    const adding = uploadTasks.append(engine, PHOTOS, KEY, temporary, about, offset, putting(TAIL, {}));
    if (offset === 0) t.match(await adding, { size: TAIL.length });
    else await t.rejects(adding, { code: 'InvalidOffset' });
    t.ok(openAt(`${bucket.directory}/`) <= before);
    t.throws(() => writeFd(temporary.fd, TAIL, 0, 1, 0), { code: 'EBADF' });
  }
});

t.test('nothing of it is done read-only', async (t) => {
  const engine = engineIn(t, { readOnly: true });
  const refused = { code: 'ReadOnly' };
  const id = parseUploadId('0'.repeat(32));
  await t.rejects(async () => uploadTasks.createUpload(engine, PHOTOS, KEY, creation()), refused);
  await t.rejects(async () => uploadTasks.claimPart(engine, PHOTOS, KEY, id, 1, 1), refused);
  await t.rejects(async () => uploadTasks.putPart(engine, PHOTOS, KEY, id, 1, TAIL, received(TAIL)), refused);
  await t.rejects(async () => uploadTasks.completeUpload(engine, PHOTOS, KEY, id, completion([])), refused);
  await t.rejects(async () => uploadTasks.abortUpload(engine, PHOTOS, KEY, id), refused);
  const anyhow = { source: {}, target: {} };
  await t.rejects(async () => uploadTasks.rename(engine, PHOTOS, KEY, key('x'), anyhow), refused);
});
