import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { shadowedKeys } from '../../../lib/store/shadowed-keys.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, put } from './objects.js';

t.test('what a path of the same key hides is found, and where it is kept', async (t) => {
  const bucket = bucketIn(t);
  for (const name of ['a', 'a/b', 'a/c', 'x//y', 'd/']) await put(bucket, key(name), name);
  t.same(shadowedKeys(bucket, 100), { count: 0, example: undefined });
  rmSync(`${bucket.directory}/a`);
  mkdirSync(`${bucket.directory}/a`);
  writeFileSync(`${bucket.directory}/a/b`, 'by hand');
  symlinkSync('b', `${bucket.directory}/a/c`);
  mkdirSync(`${bucket.directory}/d`);
  const { count, example } = shadowedKeys(bucket, 100);
  t.equal(count, 2, 'a link is no object, and hides none');
  t.equal(example?.key, 'a/b');
  t.equal(readFileSync(`${bucket.directory}/${example?.path}`, 'utf8'), 'a/b');
  t.equal(bodyOf(bucket, key('a/b')), 'by hand', 'the path is what is served');
  t.equal(shadowedKeys(bucket, 1).count, 1);
  await put(bucket, key('a/b'), 'new');
  writeFileSync(`${bucket.directory}/d/file`, '');
  t.equal(
    shadowedKeys(bucket, 100).count,
    0,
    'a PUT removes it; a directory with something in it hides nothing',
  );
});
