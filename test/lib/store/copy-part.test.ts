import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { UploadId } from '../../../lib/names.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { completeUpload } from '../../../lib/store/complete.js';
import { copyPart } from '../../../lib/store/copy-part.js';
import type { PartInfo } from '../../../lib/store/model.js';
import { createUpload } from '../../../lib/store/uploads.js';
import { listParts } from '../../../lib/store/upload-listing.js';
import { bucketIn, key } from './bucket-in.js';
import { ANY_SIZE, completion, creation, received, upload } from './multipart.js';
import { bodyOf, head, put } from './objects.js';

const FROM = key('from');
const TO = key('to');

function part(
  bucket: Bucket,
  uploadId: UploadId,
  number: number,
  [start, end]: readonly [number, number],
  sourceEtag = head(bucket, FROM)?.etag ?? '',
): Promise<PartInfo> {
  const source = { bucket: bucket.name, key: FROM };
  const target = { bucket: bucket.name, key: TO };
  return copyPart(bucket, { source, sourceEtag, start, end, target, uploadId, number }, bucket);
}

t.test('ranges of an object become parts like those uploaded, in their slots where they fit', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  await put(bucket, FROM, '0123456789');
  const { id } = await createUpload(bucket, TO, creation());
  const parts = [await part(bucket, id, 1, [2, 6]), await upload(bucket, TO, id, 2, 'more')];
  parts.push(await part(bucket, id, 3, [9, 10]));
  const { size, md5, checksums } = received(Buffer.from('2345'));
  t.match(parts[0], { number: 1, size, etag: md5, checksums });
  t.same(listParts(bucket, TO, id, { after: 0, limit: 9 }).parts, parts);
  await completeUpload(bucket, TO, id, completion(parts), ANY_SIZE);
  t.equal(bodyOf(bucket, TO), '2345more9');
});

t.test('the checksum is of the algorithm the upload named', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, FROM, 'hello');
  const { id } = await createUpload(bucket, TO, creation({ checksumAlgorithm: 'SHA256' }));
  const { checksums } = received(Buffer.from('hello'), ['SHA256']);
  t.same((await part(bucket, id, 1, [0, 5])).checksums, checksums);
  t.match(await part(bucket, id, 2, [5, 5]), { size: 0 });
});

t.test('a range outside the source, another source than judged and no upload are refused', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, FROM, 'hello');
  const { id } = await createUpload(bucket, TO, creation());
  for (const range of [
    [0, 6],
    [-1, 2],
    [3, 2],
  ] as const) {
    await t.rejects(part(bucket, id, 1, range), { code: 'InvalidArgument' });
  }
  await t.rejects(part(bucket, id, 1, [0, 5], 'other'), { code: 'Conflict' });
  const nowhere = '0'.repeat(32) as UploadId;
  await t.rejects(part(bucket, nowhere, 1, [0, 5]), { code: 'NoSuchUpload' });
  t.same(listParts(bucket, TO, id, { after: 0, limit: 9 }).parts, []);
});

t.test('a source that somebody keeps open and edits is a Conflict, or its bytes as they were', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/d`);
  await put(bucket, FROM, Buffer.alloc(40 * 1024 * 1024, 'a'));
  const { id } = await createUpload(bucket, TO, creation());
  const size = 40 * 1024 * 1024;
  const copying = part(bucket, id, 1, [0, size]).then(
    ({ etag }) => etag,
    (error: { code?: string }) => error.code,
  );
  await new Promise(setImmediate);
  writeFileSync(`${bucket.directory}/${FROM}`, Buffer.alloc(size, 'b'));
  const whole = ['a', 'b'].map((letter) => received(Buffer.alloc(size, letter)).md5);
  t.ok([...whole, 'Conflict'].includes((await copying) ?? ''));
});
