import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import type { UploadId } from '../../../lib/names.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import type { PartInfo } from '../../../lib/store/model.js';
import { claimPart, commitPart, dropClaim, putPart } from '../../../lib/store/parts.js';
import { abortUpload, createUpload } from '../../../lib/store/uploads.js';
import { listParts } from '../../../lib/store/upload-listing.js';
import { startNode } from '../os/another-process.js';
import { bucketIn, key } from './bucket-in.js';
import { md5Of } from './md5-of.js';
import { creation, fill, received, upload } from './multipart.js';

const KEY = key('big');

async function begin(bucket: Bucket): Promise<UploadId> {
  return (await createUpload(bucket, KEY, creation())).id;
}

function files(bucket: Bucket, id: UploadId): string[] {
  return readdirSync(`${bucket.directory}/.bucketree/uploads/${id}`).sort();
}

function listed(bucket: Bucket, id: UploadId): readonly PartInfo[] {
  return listParts(bucket, KEY, id, { after: 0, limit: 1000 }).parts;
}

t.test('parts of the first size are written at their final offset in one file, in any order', async (t) => {
  const bucket = bucketIn(t);
  const id = await begin(bucket);
  const offsets = [3, 1, 2].map((number) => {
    const claim = claimPart(bucket, KEY, id, number, 100);
    t.equal(claim.name, undefined);
    dropClaim(bucket, claim);
    return claim.offset;
  });
  t.same(offsets, [200, 0, 100]);
  t.same(files(bucket, id), ['content', 'log']);
});

t.test('a shorter part has a slot once part 1 has confirmed the size, a longer one never', async (t) => {
  const bucket = bucketIn(t);
  const id = await begin(bucket);
  const claim = (number: number, size: number | undefined): string | undefined => {
    const made = claimPart(bucket, KEY, id, number, size);
    dropClaim(bucket, made);
    return made.name;
  };
  t.equal(claim(2, 100), undefined, 'the first says how long slots are');
  t.ok(claim(3, 40), 'it may have been the last part');
  t.equal(claim(1, 100), undefined);
  t.equal(claim(3, 40), undefined);
  t.ok(claim(4, 101));
  t.ok(claim(5, undefined), 'nor one of unknown size');
  t.equal(claim(6, 0), undefined);
  const other = await begin(bucket);
  dropClaim(bucket, claimPart(bucket, KEY, other, 2, 40));
  dropClaim(bucket, claimPart(bucket, KEY, other, 1, 100));
  const made = claimPart(bucket, KEY, other, 3, 10);
  t.ok(made.name, 'part 1 had another size');
  dropClaim(bucket, made);
});

t.test('a slot belongs to one attempt for ever: another has a file of its own', async (t) => {
  const bucket = bucketIn(t);
  const id = await begin(bucket);
  const first = claimPart(bucket, KEY, id, 1, 4);
  const second = claimPart(bucket, KEY, id, 1, 4);
  t.ok(second.name);
  fill(second, Buffer.from('good'));
  await commitPart(bucket, KEY, id, 1, second, received(Buffer.from('good')));
  fill(first, Buffer.from('ba'));
  dropClaim(bucket, first);
  t.equal(listed(bucket, id)[0]?.etag, md5Of('good'));
  const third = claimPart(bucket, KEY, id, 1, 4);
  t.ok(third.name, 'also when its attempt was given up');
  dropClaim(bucket, third);
  t.same(files(bucket, id), ['content', 'log', second.name]);
});

t.test('the last acknowledged attempt is the part; what it replaced is removed', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  const id = await begin(bucket);
  for (const text of ['one', 'two', 'three']) {
    const part = await upload(bucket, KEY, id, 1, text);
    t.match(part, { number: 1, size: text.length, etag: md5Of(text) });
    t.same(listed(bucket, id), [part]);
  }
  t.equal(files(bucket, id).length, 3, 'log, content and one file');
});

t.test('a part is acknowledged with its size, its time and its checksums', async (t) => {
  const bucket = bucketIn(t, { durability: 'data' });
  const id = await begin(bucket);
  const before = Date.now();
  const bytes = Buffer.from('hello');
  const part = await putPart(bucket, KEY, id, 7, bytes, received(bytes, ['CRC32', 'SHA1']));
  t.match(part, { number: 7, size: 5, etag: md5Of('hello') });
  t.ok(part.modified >= before && part.modified <= Date.now());
  t.same(
    part.checksums.map(({ algorithm }) => algorithm),
    ['CRC32', 'SHA1'],
  );
});

t.test('a part that is not as long as declared is refused', async (t) => {
  const bucket = bucketIn(t);
  const id = await begin(bucket);
  for (const _ of ['slot', 'file']) {
    const claim = claimPart(bucket, KEY, id, 1, 4);
    fill(claim, Buffer.from('abc'));
    const refused = commitPart(bucket, KEY, id, 1, claim, received(Buffer.from('abc')));
    await t.rejects(refused, { code: 'IncompleteBody' });
  }
  t.same(listed(bucket, id), []);
  t.same(files(bucket, id), ['content', 'log'], 'and its file is gone');
});

t.test('part numbers are 1 to 10,000, of an upload there is, for its key', async (t) => {
  const bucket = bucketIn(t);
  const id = await begin(bucket);
  for (const number of [0, -1, 10_001, 1.5, NaN]) {
    t.throws(() => claimPart(bucket, KEY, id, number, 1), { code: 'InvalidArgument' });
  }
  const gone = { code: 'NoSuchUpload' };
  t.throws(() => claimPart(bucket, key('other'), id, 1, 1), gone);
  t.throws(() => claimPart(bucket, KEY, '0'.repeat(32) as UploadId, 1, 1), gone);
  const far = claimPart(bucket, KEY, id, 10_000, 5 * 2 ** 30);
  t.ok(far.name, 'no offset that filesystems refuse');
  dropClaim(bucket, far);
});

t.test('a part received while its upload is aborted is not acknowledged, and leaves nothing', async (t) => {
  const bucket = bucketIn(t);
  const id = await begin(bucket);
  const claims = [claimPart(bucket, KEY, id, 1, 1), claimPart(bucket, KEY, id, 2, undefined)];
  await abortUpload(bucket, KEY, id);
  for (const [at, claim] of claims.entries()) {
    fill(claim, Buffer.from('x'));
    const late = commitPart(bucket, KEY, id, at + 1, claim, received(Buffer.from('x')));
    await t.rejects(late, { code: 'NoSuchUpload' });
  }
  t.same(readdirSync(`${bucket.directory}/.bucketree/uploads`), []);
});

t.test('two processes upload into one content file, and each sees the other’s parts', async (t) => {
  const bucket = bucketIn(t);
  const id = await begin(bucket);
  const other = await startNode(`
    import { createInterface } from 'node:readline';
    const { Bucket } = await import('$LIB../store/bucket.js');
    const { putPart } = await import('$LIB../store/parts.js');
    const bucket = new Bucket('photos', ${JSON.stringify(bucket.directory)}, true, ${JSON.stringify(bucket.options)});
    console.log('ready');
    for await (const line of createInterface({ input: process.stdin })) {
      for (let number = 1; number <= 200; number++) {
        const bytes = Buffer.from('theirs' + String(number).padStart(4));
        const received = { size: bytes.length, md5: 'f'.repeat(32), checksums: [] };
        await putPart(bucket, 'big', line, number, bytes, received);
      }
      console.log('done');
    }`);
  const theirs = other.ask(id);
  for (let number = 200; number > 0; number--) {
    const bytes = Buffer.from(`ours  ${String(number).padStart(4)}`);
    await putPart(bucket, KEY, id, number, bytes, { size: 10, md5: '0'.repeat(32), checksums: [] });
  }
  t.equal(await theirs, 'done');
  await other.end();
  const parts = listed(bucket, id);
  t.equal(parts.length, 200);
  t.ok(parts.every(({ etag }) => /^(0{32}|f{32})$/.test(etag)));
  const content = readFileSync(`${bucket.directory}/.bucketree/uploads/${id}/content`, 'latin1');
  for (let number = 1; number <= 200; number++) {
    const slot = content.slice(10 * number - 10, 10 * number);
    if (!/^(ours  |theirs)/.test(slot) || Number(slot.slice(6)) !== number) t.fail(`slot ${number}: ${slot}`);
  }
});
