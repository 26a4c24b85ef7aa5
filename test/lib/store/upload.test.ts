import { readdirSync, truncateSync, unlinkSync } from 'node:fs';
import t from 'tap';
import type { UploadId } from '../../../lib/names.js';
import { closeFd } from '../../../lib/os/open.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import { createUpload } from '../../../lib/store/uploads.js';
import {
  noSuchUpload,
  openUpload,
  readResult,
  tryOpenUpload,
  type Upload,
  withUpload,
  writeResult,
} from '../../../lib/store/upload.js';
import { bucketIn, key } from './bucket-in.js';
import { creation, upload } from './multipart.js';

const KEY = key('k');

t.test('one holder at a time; who waits learns whether the upload is still there', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  const [one, two] = [openUpload(bucket, KEY, id), openUpload(bucket, KEY, id)];
  t.ok(one.tryHold());
  t.notOk(two.tryHold());
  const waiting = two.hold();
  one.close();
  t.equal(await waiting, true);
  const three = openUpload(bucket, KEY, id);
  const late = three.hold();
  unlinkSync(`${bucket.directory}/.bucketree/uploads/${id}/log`);
  t.throws(() => two.update(() => t.fail('it is ended')), { code: 'NoSuchUpload' });
  two.close();
  t.equal(await late, false);
  three.close();
});

t.test('a result says completed exactly when it is whole and its file is gone', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  await upload(bucket, KEY, id, 1, 'x');
  const directory = `${bucket.directory}/.bucketree/uploads/${id}`;
  const opened: Upload = openUpload(bucket, KEY, id);
  const info = { key: KEY, etag: 'e' } as unknown as ObjectInfo;
  t.equal(opened.completed(), undefined);
  closeFd(writeResult(opened.directory, { file: 'content', info }));
  t.equal(opened.completed(), undefined);
  unlinkSync(`${directory}/content`);
  t.same(opened.completed(), { file: 'content', info });
  t.throws(() => openUpload(bucket, KEY, id), { code: 'NoSuchUpload' });
  t.throws(() => opened.update(() => t.fail('it is over')), { code: 'NoSuchUpload' });
  truncateSync(`${directory}/result`, 30);
  t.equal(readResult(opened.directory), undefined, 'torn');
  t.equal(
    withUpload(bucket, KEY, id, (again) => again.id),
    id,
  );
  opened.close();
});

t.test('no descriptor stays open, whatever is found', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  const open = (): number => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let time = 0; time < 50; time++) {
    withUpload(bucket, KEY, id, (found) => found.state());
    t.throws(() => openUpload(bucket, key('other'), id), { code: 'NoSuchUpload' });
    t.equal(tryOpenUpload(bucket, '0'.repeat(32) as UploadId), undefined);
  }
  t.equal(open(), before);
});

t.test('the error names the upload', async (t) => {
  t.match(noSuchUpload('abc'), { code: 'NoSuchUpload', detail: { uploadId: 'abc' } });
});

t.test('whether a file is an acknowledged part’s is told by the log', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  await upload(bucket, KEY, id, 1, 'x');
  await upload(bucket, KEY, id, 1, 'y');
  const names = readdirSync(`${bucket.directory}/.bucketree/uploads/${id}`).filter((name) =>
    name.startsWith('part'),
  );
  withUpload(bucket, KEY, id, (found) => {
    t.ok(found.names(names[0] ?? ''));
    t.notOk(found.names('content'));
  });
});
