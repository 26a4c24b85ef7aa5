import t from 'tap';
import type { BucketName } from '../../../lib/names.js';
import { Bucket } from '../../../lib/store/bucket.js';
import { ROOT } from '../../../mount/filesystem/filesystem.js';
import { bucketIn, OPTIONS } from '../../lib/store/bucket-in.js';
import { StoreFilesystem } from '../../../mount/filesystem/store-filesystem.js';
import { LittleKernel, outcome } from './little-kernel.js';
import { PLAIN_FILES } from './plain-metadata.js';

t.test('nothing is changed in a mount that is read-only', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ f: 'content', d: {} }));
  const filesystem = new StoreFilesystem({ root: bucket, metadata: PLAIN_FILES, readOnly: true });
  t.teardown(() => filesystem.close());
  const kernel = new LittleKernel(filesystem);
  const calls = {
    put: () => kernel.put('new', ''),
    mkdir: () => kernel.mkdir('new'),
    mknod: () => kernel.mknod('new', 0o010644),
    symlink: () => kernel.symlink('f', 'new'),
    link: () => kernel.link('f', 'new'),
    unlink: () => kernel.unlink('f'),
    rmdir: () => kernel.rmdir('d'),
    rename: () => kernel.rename('f', 'new'),
    write: () => kernel.open('f', 1),
    truncate: () => kernel.setattr('f', { size: 0 }),
    tmpfile: () => kernel.tmpfile('d', 2),
    setxattr: async () =>
      filesystem.setxattr(kernel.lookup('f'), Buffer.from('user.a'), Buffer.from('1'), 0, kernel.caller),
  };
  for (const [name, call] of Object.entries(calls)) t.equal(await outcome<unknown>(call), 'EROFS', name);
  t.equal((await kernel.content('f')).toString(), 'content');
});

t.test('what belongs to a bucket that is gone is stale', async (t) => {
  const directory = t.testdir({ f: 'content' });
  const bucket = new Bucket('photos' as BucketName, directory, true, OPTIONS);
  const filesystem = new StoreFilesystem({ root: bucket, metadata: PLAIN_FILES });
  t.teardown(() => filesystem.close());
  const name = Buffer.from('user.color');
  t.equal(await outcome(() => filesystem.getxattr(ROOT, name)), 'ENODATA');
  bucket.close();
  t.equal(await outcome(() => filesystem.getxattr(ROOT, name)), 'ESTALE');
});
