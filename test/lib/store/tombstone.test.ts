import { existsSync, readdirSync, utimesSync } from 'node:fs';
import t from 'tap';
import { closeFd } from '../../../lib/os/open.js';
import { closeAll } from '../../../lib/store/directories.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import { answered, bury, forgetCompleted } from '../../../lib/store/tombstone.js';
import { openUpload, writeResult } from '../../../lib/store/upload.js';
import { createUpload } from '../../../lib/store/uploads.js';
import { bucketIn, key } from './bucket-in.js';
import { creation, upload } from './multipart.js';

const KEY = key('k');

t.test('of a completed upload only the answer is left, for its key, for a day', async (t) => {
  const bucket = bucketIn(t);
  const { id } = await createUpload(bucket, KEY, creation());
  await upload(bucket, KEY, id, 1, 'x');
  await upload(bucket, KEY, id, 1, 'y');
  const opened = openUpload(bucket, KEY, id);
  const info = { key: KEY, etag: 'e', size: 1 } as unknown as ObjectInfo;
  closeFd(writeResult(opened.directory, { file: 'none', info }));
  t.equal(answered(bucket, KEY, id), undefined, 'not yet');
  closeAll(bury(bucket, opened));
  closeAll(bury(bucket, opened));
  opened.close();
  const root = `${bucket.directory}/.bucketree/uploads`;
  t.same(readdirSync(root), ['completed']);
  t.same(readdirSync(`${root}/completed/${id}`), ['result']);
  t.same(answered(bucket, KEY, id), info);
  t.equal(answered(bucket, key('other'), id), undefined);
  forgetCompleted(bucket, Date.now());
  t.same(answered(bucket, KEY, id), info);
  utimesSync(`${root}/completed/${id}`, Date.now() / 1000, Date.now() / 1000 - 86_500);
  forgetCompleted(bucket, Date.now());
  t.notOk(existsSync(`${root}/completed/${id}`));
});
