import { mkdirSync } from 'node:fs';
import t from 'tap';
import { statAt } from '../../../lib/os/stat.js';
import { isReserved, isReservedName } from '../../../mount/filesystem/reserved.js';
import { bucketIn } from '../../lib/store/bucket-in.js';
import { foldingDirectory } from '../../lib/store/volumes.js';

t.test('our own directory is not there by its name, and everything else is', async (t) => {
  const bucket = bucketIn(t);
  t.ok(isReservedName(Buffer.from('.bucketree')));
  t.ok(isReservedName(Buffer.from('.bucketree'), bucket));
  for (const name of ['.Bucketree', 'bucketree', '.bucketree2', '.bucketre', '.bucketree ', ''])
    t.notOk(isReservedName(Buffer.from(name), bucket), name);
  mkdirSync(`${bucket.directory}/.bucketree`);
  t.notOk(isReserved(bucket, bucket.rootFd, statAt(bucket.rootFd, '.bucketree')), 'names say it all here');
});

t.test('where names fold, no spelling of it reaches our own directory', async (t) => {
  const directory = foldingDirectory(t);
  if (directory === undefined) return t.pass('this system cannot mount a folding ext4');
  const bucket = bucketIn(t, {}, directory);
  t.ok(bucket.volume.folds);
  mkdirSync(`${directory}/.bucketree`, { recursive: true });
  mkdirSync(`${directory}/other`);
  for (const name of ['.bucketree', '.BUCKETREE', '.Bucketree', '.bucKetree']) {
    t.ok(isReservedName(Buffer.from(name), bucket), name);
    t.ok(isReserved(bucket, bucket.rootFd, statAt(bucket.rootFd, name)), name);
  }
  t.notOk(isReservedName(Buffer.from('.bucketrees'), bucket));
  t.notOk(isReserved(bucket, bucket.rootFd, statAt(bucket.rootFd, 'OTHER')));
});
