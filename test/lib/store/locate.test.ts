import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Bucket } from '../../../lib/store/bucket.js';
import { closeFd } from '../../../lib/os/open.js';
import { isDirectory } from '../../../lib/os/stat.js';
import { locateAt, openDirectoryAt, standing } from '../../../lib/store/locate.js';
import { pathPlace } from '../../../lib/store/paths.js';
import { bucketIn } from './bucket-in.js';
import { foldingDirectory } from './volumes.js';

/** What `key` leads to: 'file', 'directory', undefined. */
function found(bucket: Bucket, key: string): string | undefined {
  const place = pathPlace(key);
  if (place === undefined) return undefined;
  const located = locateAt(bucket, place);
  if (located === undefined) return undefined;
  closeFd(located.fd);
  return isDirectory(located.stat) ? 'directory' : 'file';
}

function opens(bucket: Bucket, path: string): boolean {
  const fd = openDirectoryAt(bucket, path);
  if (fd === undefined) return false;
  closeFd(fd);
  return true;
}

t.test('a key leads to a file, with a slash to a directory, and to nothing else', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { b: 'file' }, c: 'file' }));
  spawnSync('mkfifo', [`${bucket.directory}/fifo`]);
  t.equal(found(bucket, 'a/b'), 'file');
  t.equal(found(bucket, 'a/'), 'directory');
  t.equal(found(bucket, 'a'), undefined);
  t.equal(found(bucket, 'c/'), undefined);
  t.equal(found(bucket, 'c/x'), undefined, 'a file in the way');
  t.equal(found(bucket, 'nothing'), undefined);
  t.equal(found(bucket, 'fifo'), undefined, 'and looking at it does not wait for a writer');
  t.ok(opens(bucket, ''));
  t.ok(opens(bucket, 'a'));
  t.notOk(opens(bucket, 'c'));
  t.notOk(opens(bucket, 'fifo'));
  t.equal(standing(bucket, 'a', 'b')?.size, 4);
  t.equal(standing(bucket, 'a', 'x'), undefined);
  t.equal(standing(bucket, 'x', 'b'), undefined);
});

t.test('symlinks are not objects, wherever they lead', async (t) => {
  const directory = t.testdir({
    bucket: { real: { file: 'in' }, '.bucketree': { tmp: {}, secret: 'x' } },
    outside: 'out',
  });
  const root = `${directory}/bucket`;
  symlinkSync('real/file', `${root}/link`);
  symlinkSync('real', `${root}/linked`);
  symlinkSync('../outside', `${root}/out`);
  symlinkSync('/etc', `${root}/etc`);
  symlinkSync('.bucketree', `${root}/ours`);
  symlinkSync('.bucketree/secret', `${root}/secret`);
  symlinkSync('loop', `${root}/loop`);
  const strict = bucketIn(t, {}, root);
  for (const key of ['link', 'linked/file', 'linked/', 'out', 'etc/passwd', 'ours/secret', 'secret', 'loop'])
    t.equal(found(strict, key), undefined, key);

  const following = bucketIn(t, { followSymlinks: true }, root);
  t.equal(found(following, 'link'), 'file');
  t.equal(found(following, 'linked/file'), 'file');
  t.equal(found(following, 'linked/'), 'directory');
  for (const key of ['out', 'etc/passwd', 'ours/secret', 'ours/', 'ours/tmp/', 'secret', 'loop'])
    t.equal(found(following, key), undefined, `${key}, followed`);
  t.notOk(opens(following, 'ours'));
  t.notOk(opens(following, 'ours/tmp'));
  t.ok(opens(following, 'linked'));
});

t.test('a path that is being swapped for a link leads beneath the bucket or nowhere', async (t) => {
  const directory = t.testdir({ bucket: { dir: { file: 'inside!' } }, outside: { file: 'out' } });
  const bucket = bucketIn(t, {}, `${directory}/bucket`);
  const swap = `${directory}/bucket/dir`;
  let seen = 0;
  for (let turn = 0; turn < 200; turn++) {
    renameSync(swap, `${swap}.away`);
    symlinkSync('../outside', swap);
    t.equal(found(bucket, 'dir/file'), undefined);
    renameSync(`${swap}.away`, `${directory}/bucket/other`);
    spawnUnlink(swap);
    renameSync(`${directory}/bucket/other`, swap);
    if (standing(bucket, 'dir', 'file')?.size === 7) seen++;
  }
  t.equal(seen, 200);
});

function spawnUnlink(path: string): void {
  renameSync(path, `${path}.link`);
}

const root = process.getuid?.() === 0;

t.test('a directory we may not enter is refused, not absent', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ private: { file: 'x' } }));
  chmodSync(`${bucket.directory}/private`, 0);
  if (root) t.ok(found(bucket, 'private/file'), 'root may enter');
  else t.throws(() => found(bucket, 'private/file'), { code: 'AccessDenied' });
  chmodSync(`${bucket.directory}/private`, 0o700);
});

t.test('where names fold, another spelling of a key is another key, and ours is nobody’s', async (t) => {
  const directory = foldingDirectory(t);
  if (directory === undefined) return t.pass('this system cannot mount a folding ext4');
  mkdirSync(`${directory}/.bucketree`);
  writeFileSync(`${directory}/.bucketree/bucket.json`, '{}');
  mkdirSync(`${directory}/Dir`);
  writeFileSync(`${directory}/Dir/File`, 'x');
  const bucket = bucketIn(t, {}, directory);
  t.ok(bucket.volume.folds);
  t.equal(found(bucket, 'Dir/File'), 'file');
  for (const key of ['dir/File', 'Dir/file', 'DIR/', '.BUCKETREE/bucket.json', '.Bucketree/'])
    t.equal(found(bucket, key), undefined, key);
  t.notOk(opens(bucket, '.BUCKETREE'));
  const following = bucketIn(t, { followSymlinks: true }, directory);
  for (const key of ['.BUCKETREE/bucket.json', '.Bucketree/']) t.equal(found(following, key), undefined, key);
});
