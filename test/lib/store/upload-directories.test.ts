import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { closeFd, O, openBeneath } from '../../../lib/os/open.js';
import { removeDirectory, uploadIdsIn } from '../../../lib/store/upload-directories.js';
import { bucketIn } from './bucket-in.js';

const UPLOADS = '.bucketree/uploads';

t.test('ids are the names of 32 hex digits; where there is no directory there are none', async (t) => {
  const bucket = bucketIn(t);
  t.same(uploadIdsIn(bucket, UPLOADS), []);
  const id = '0123456789abcdef'.repeat(2);
  for (const name of [id, 'completed', id.toUpperCase(), `${id}0`]) {
    mkdirSync(`${bucket.directory}/${UPLOADS}/${name}`, { recursive: true });
  }
  t.same(uploadIdsIn(bucket, UPLOADS), [id]);
});

t.test('a directory goes with the files in it, also when it is gone already', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/${UPLOADS}/one`;
  mkdirSync(path, { recursive: true });
  writeFileSync(`${path}/a`, '');
  writeFileSync(`${path}/b`, '');
  const fd = openBeneath(bucket.rootFd, `${UPLOADS}/one`, O.RDONLY | O.DIRECTORY);
  removeDirectory(bucket, UPLOADS, 'one', fd);
  t.same(readdirSync(`${bucket.directory}/${UPLOADS}`), []);
  removeDirectory(bucket, UPLOADS, 'one', fd);
  closeFd(fd);
});
