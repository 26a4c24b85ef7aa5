import t from 'tap';
import { implemented } from '../../../../server/s3/operations/index.js';

t.test('operations are here once, and what is refused as 501 is not', async (t) => {
  const names = new Set(implemented.map(({ name }) => name));
  t.equal(names.size, implemented.length);
  for (const name of ['ListBuckets', 'GetObject', 'PutObject', 'CompleteMultipartUpload', 'RenameObject']) {
    t.ok(names.has(name), name);
  }
  for (const name of ['PutBucketPolicy', 'PutBucketVersioning', 'SelectObjectContent', 'GetObjectTorrent']) {
    t.notOk(names.has(name), name);
  }
});
