import { existsSync, mkdirSync, renameSync, rmdirSync, statSync, symlinkSync } from 'node:fs';
import t from 'tap';
import { closeFd } from '../../../lib/os/open.js';
import { isDirectory, statFd } from '../../../lib/os/stat.js';
import { bucketIn } from './bucket-in.js';

t.test('a bucket is current while its path leads to the directory it was opened at', async (t) => {
  const root = `${t.testdir({ photos: {} })}/photos`;
  const bucket = bucketIn(t, {}, root);
  t.ok(bucket.isCurrent());
  renameSync(root, `${root}.old`);
  t.notOk(bucket.isCurrent());
  mkdirSync(root);
  t.notOk(bucket.isCurrent(), 'another directory of that name is another bucket');
  rmdirSync(root);
  renameSync(`${root}.old`, root);
  t.ok(bucket.isCurrent());
});

t.test('our own directories are made when they are first needed, private', async (t) => {
  const bucket = bucketIn(t);
  t.notOk(existsSync(`${bucket.directory}/.bucketree`), 'opening a bucket writes nothing');
  for (const turn of ['first', 'second']) {
    const fd = bucket.openOwn('.bucketree/keys/6162');
    t.ok(isDirectory(statFd(fd)), turn);
    closeFd(fd);
  }
  t.equal(statSync(`${bucket.directory}/.bucketree/keys`).mode & 0o077, 0);
  t.equal(statSync(`${bucket.directory}/.bucketree`).mode & 0o777, 0o755 & ~process.umask());
});

t.test('a symlink in the place of our own directory is not followed', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/elsewhere`);
  symlinkSync('elsewhere', `${bucket.directory}/.bucketree`);
  t.throws(() => bucket.openOwn('.bucketree/tmp'), { code: 'ELOOP' });
  t.notOk(existsSync(`${bucket.directory}/elsewhere/tmp`));
});

t.test('what cannot be opened is the system’s error', async (t) => {
  t.throws(() => bucketIn(t, {}, `${t.testdir({})}/nothing`), { code: 'ENOENT' });
});

t.test('a bucket that we renamed is current under its new name, for everybody who holds it', async (t) => {
  const root = `${t.testdir({ photos: {} })}/photos`;
  const bucket = bucketIn(t, {}, root);
  renameSync(root, `${root}-2026`);
  t.notOk(bucket.isCurrent());
  bucket.renamed('photos-2026' as typeof bucket.name, `${root}-2026`);
  t.ok(bucket.isCurrent());
  t.equal(bucket.name, 'photos-2026');
});
