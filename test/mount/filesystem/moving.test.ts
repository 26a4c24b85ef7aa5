import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import t, { type Test } from 'tap';
import { hiddenPlace } from '../../../lib/store/paths.js';
import { bucketIn } from '../../lib/store/bucket-in.js';
import { mayMoveDirectory, mayMoveOut } from '../../../mount/filesystem/moving.js';

function bucketWith(t: Test, ...keys: string[]) {
  const directory = t.testdir({});
  for (const key of keys) {
    const place = `${directory}/${hiddenPlace(key).path}`;
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, '');
  }
  return bucketIn(t, {}, directory);
}

t.test('a directory moves when no object below it is stored elsewhere', async (t) => {
  t.ok(mayMoveDirectory(bucketWith(t), 'd'));
  const bucket = bucketWith(t, 'd//x', 'other//y');
  t.notOk(mayMoveDirectory(bucket, 'd'));
  t.notOk(mayMoveDirectory(bucket, 'other'));
  t.ok(mayMoveDirectory(bucket, 'e'));
  t.ok(mayMoveDirectory(bucket, 'd2'), 'a name that starts alike is another');
});

t.test('so it is with keys longer than a name', async (t) => {
  const long = 'x'.repeat(200);
  const bucket = bucketWith(t, `${long}//y`);
  t.notOk(mayMoveDirectory(bucket, long));
  t.ok(mayMoveDirectory(bucket, `${long}z`));
});

t.test('a file leaves its bucket when no record stays behind', async (t) => {
  const bucket = bucketWith(t);
  t.ok(mayMoveOut(bucket));
  mkdirSync(`${bucket.directory}/.bucketree/metadata`, { recursive: true });
  t.ok(mayMoveOut(bucket));
  writeFileSync(`${bucket.directory}/.bucketree/metadata/${'0'.repeat(32)}`, '');
  t.notOk(mayMoveOut(bucket));
});
