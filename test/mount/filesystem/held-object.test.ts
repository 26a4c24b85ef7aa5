import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { statFd } from '../../../lib/os/stat.js';
import { withKeys } from '../../../lib/store/locks.js';
import { canHaveRecord, changeHeld, keyOf, NO_KEY } from '../../../mount/filesystem/held-object.js';
import { key } from '../../lib/store/bucket-in.js';
import { put } from '../../lib/store/objects.js';
import { bucketsIn, hold } from './held.js';

t.test('a path is a key where S3 could spell it, with a slash behind a directory', async (t) => {
  const directory = t.testdir({ file: 'x' });
  const [isDirectory, isFile] = [statSync(directory), statSync(`${directory}/file`)];
  t.equal(keyOf('a/b', isFile), 'a/b');
  t.equal(keyOf('a/b', isDirectory), 'a/b/');
  for (const path of [undefined, '', '.bucketree/lock', 'a/.bucketree', 'x'.repeat(1025)])
    t.equal(keyOf(path, isFile), NO_KEY, String(path));
  t.ok(canHaveRecord(isFile) && canHaveRecord(isDirectory));
  t.notOk(canHaveRecord(statSync('/dev/null')));
});

t.test('a change sees what is held, under the lock of its key', async (t) => {
  for (const bucket of bucketsIn(t)) {
    const { etag } = await put(bucket, key('a'), 'content');
    const fd = hold(t, bucket, 'a');
    const answer = changeHeld(bucket, 'a', fd, (found, name, readable) => {
      t.equal(name, 'a');
      t.equal(found.record?.etag, etag);
      t.equal(statFd(readable).ino, found.stat.ino);
      return 'changed';
    });
    t.equal(answer, 'changed', 'at once, when nobody holds it');
    t.equal(
      withKeys(bucket, ['a'], () => 'free'),
      'free',
    );
  }
});

t.test('where records are kept by key, a file that lost its name has none', async (t) => {
  const [, sidecars] = bucketsIn(t);
  if (sidecars === undefined) return t.pass('this system has no filesystem without attributes');
  writeFileSync(`${sidecars.directory}/a`, 'old');
  mkdirSync(`${sidecars.directory}/d`);
  const fd = hold(t, sidecars, 'a');
  rmSync(`${sidecars.directory}/a`);
  writeFileSync(`${sidecars.directory}/a`, 'new');
  const change = (): boolean => t.fail('it is not the object any more');
  t.throws(() => changeHeld(sidecars, 'a', fd, change), { code: 'ESTALE' });
  t.throws(() => changeHeld(sidecars, undefined, fd, change), { code: 'EOPNOTSUPP' });
});
