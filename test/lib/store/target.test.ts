import { mkdirSync, rmdirSync, symlinkSync } from 'node:fs';
import t from 'tap';
import type { Bucket } from '../../../lib/store/bucket.js';
import { closeAll } from '../../../lib/store/directories.js';
import { openTarget, shadowed } from '../../../lib/store/target.js';
import { bucketIn, key } from './bucket-in.js';
import { put } from './objects.js';

/** The kind of place, and whether something is to be replaced there. */
function target(bucket: Bucket, name: string, file = true): string {
  const { place, existing, directory, changed } = openTarget(bucket, name, file);
  closeAll([directory, ...changed]);
  return `${place.kind}${existing === undefined ? '' : ', replacing'}`;
}

t.test('a key goes to its path when nothing is in the way', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'x', dir: {} }));
  symlinkSync('file', `${bucket.directory}/link`);
  t.equal(target(bucket, 'new'), 'path');
  t.equal(target(bucket, 'deep/er/new'), 'path');
  t.equal(target(bucket, 'file'), 'path, replacing');
  t.equal(target(bucket, 'dir'), 'hidden', 'a directory stands there');
  t.equal(target(bucket, 'file/below'), 'hidden', 'a file stands where it needs a directory');
  t.equal(target(bucket, 'link'), 'hidden');
  t.equal(target(bucket, 'link/below'), 'hidden');
  t.equal(target(bucket, 'a//b'), 'hidden');
  t.equal(target(bucket, 'dir/'), 'hidden', 'a file with a slash at the end');
});

t.test('a directory object may be a directory already', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'x', dir: {} }));
  t.equal(target(bucket, 'dir/', false), 'path, replacing');
  t.equal(target(bucket, 'new/', false), 'path');
  t.equal(target(bucket, 'file/', false), 'hidden');
});

t.test('a followed link is replaced, not written through', async (t) => {
  const bucket = bucketIn(t, { followSymlinks: true }, t.testdir({ file: 'x' }));
  symlinkSync('file', `${bucket.directory}/link`);
  t.equal(target(bucket, 'link'), 'path, replacing');
});

t.test('what is hidden under a key whose path has come free is found', async (t) => {
  const bucket = bucketIn(t);
  t.equal(shadowed(bucket, 'a'), undefined);
  mkdirSync(`${bucket.directory}/a`);
  await put(bucket, key('a'), 'x');
  rmdirSync(`${bucket.directory}/a`);
  t.match(shadowed(bucket, 'a'), { kind: 'hidden', name: '61.' });
});
