import fc from 'fast-check';
import t from 'tap';
import type { ListUploadsQuery, UploadInfo, UploadsPage } from '../../../lib/store/model.js';
import { completeUpload } from '../../../lib/store/complete.js';
import { abortUpload, createUpload, newUploadId } from '../../../lib/store/uploads.js';
import { listParts, listUploads, pageOf } from '../../../lib/store/upload-listing.js';
import { bucketIn, key } from './bucket-in.js';
import { completion, creation, upload } from './multipart.js';

const ALL: ListUploadsQuery = { prefix: '', delimiter: '', keyMarker: '', uploadIdMarker: '', limit: 1000 };

function names(page: UploadsPage): string[] {
  return page.entries.map((entry) => (entry.kind === 'prefix' ? entry.prefix : entry.key));
}

t.test('uploads in progress are listed by key and then by initiation, ended ones are not', async (t) => {
  const bucket = bucketIn(t);
  t.same(listUploads(bucket, ALL), {
    entries: [],
    truncated: false,
    nextKeyMarker: '',
    nextUploadIdMarker: '',
  });
  const [b2, a, b1, ended] = [
    await createUpload(bucket, key('b'), creation(), 2000),
    await createUpload(bucket, key('a'), creation(), 3000),
    await createUpload(bucket, key('b'), creation(), 1000),
    await createUpload(bucket, key('c'), creation(), 1000),
  ];
  await abortUpload(bucket, key('c'), ended.id);
  const done = await createUpload(bucket, key('0'), creation());
  await completeUpload(
    bucket,
    key('0'),
    done.id,
    completion([await upload(bucket, key('0'), done.id, 1, '')]),
  );
  const page = listUploads(bucket, ALL);
  t.same(
    page.entries,
    [a, b1, b2].map((info) => ({ kind: 'upload', ...info })),
  );
  const first = listUploads(bucket, { ...ALL, limit: 2 });
  t.match(first, { truncated: true, nextKeyMarker: 'b', nextUploadIdMarker: b1.id });
  await abortUpload(bucket, key('b'), b1.id);
  const rest = { ...ALL, keyMarker: 'b', uploadIdMarker: b1.id };
  t.same(listUploads(bucket, rest).entries, [{ kind: 'upload', ...b2 }], 'though the marker is gone');
  t.same(listUploads(bucket, { ...ALL, keyMarker: 'b' }).entries, []);
  t.same(names(listUploads(bucket, { ...ALL, prefix: 'b' })), ['b']);
});

const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'é', '😀', '｡'), minLength: 1, maxLength: 5 });

t.test('pages put together are the whole list, whatever the limit, prefix and delimiter', async (t) => {
  const uploads = fc.array(fc.record({ name: text, at: fc.integer({ min: 1, max: 9 }) }), { maxLength: 25 });
  const prefixes = fc.constantFrom('', 'a', 'a/');
  fc.assert(
    fc.property(
      uploads,
      prefixes,
      fc.constantFrom('', '/', 'b'),
      fc.integer({ min: 1, max: 4 }),
      (made, prefix, delimiter, limit) => {
        const infos = made.map(({ name, at }): UploadInfo => {
          const { owner, attributes } = creation();
          return { id: newUploadId(at), key: key(name), initiated: at, owner, attributes };
        });
        const query = { ...ALL, prefix, delimiter };
        const whole = pageOf(infos, query);
        t.notOk(whole.truncated);
        const collected: UploadsPage['entries'][number][] = [];
        let marker = { keyMarker: '', uploadIdMarker: '' };
        for (;;) {
          const page = pageOf(infos, { ...query, ...marker, limit });
          collected.push(...page.entries);
          if (page.entries.length > limit) t.fail('more than asked');
          if (!page.truncated) break;
          marker = { keyMarker: page.nextKeyMarker, uploadIdMarker: page.nextUploadIdMarker };
        }
        t.same(collected, whole.entries);
        const keys = collected.map((entry) =>
          Buffer.from(entry.kind === 'prefix' ? entry.prefix : entry.key),
        );
        t.same([...keys].sort(Buffer.compare), keys, 'in the order of their bytes');
      },
    ),
    { numRuns: 200 },
  );
});

t.test('parts are paged by number', async (t) => {
  const bucket = bucketIn(t);
  const KEY = key('k');
  const info = await createUpload(bucket, KEY, creation());
  t.same(listParts(bucket, KEY, info.id, { after: 0, limit: 10 }), {
    upload: info,
    parts: [],
    truncated: false,
    next: 0,
  });
  const parts = [];
  for (const number of [9, 2, 5]) parts.push(await upload(bucket, KEY, info.id, number, `${number}`));
  const page = (after: number, limit: number): unknown => {
    const { parts, truncated, next } = listParts(bucket, KEY, info.id, { after, limit });
    return [parts.map(({ number }) => number), truncated, next];
  };
  t.same(page(0, 2), [[2, 5], true, 5]);
  t.same(page(5, 2), [[9], false, 9]);
  t.same(page(0, 3), [[2, 5, 9], false, 9]);
  t.same(page(0, 0), [[], false, 0]);
  t.same(listParts(bucket, KEY, info.id, { after: 4, limit: 1 }).parts, [parts[2]]);
  t.throws(() => listParts(bucket, key('x'), info.id, { after: 0, limit: 1 }), { code: 'NoSuchUpload' });
});
