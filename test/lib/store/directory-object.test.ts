import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Bucket } from '../../../lib/store/bucket.js';
import { publishDirectory } from '../../../lib/store/directory-object.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import type { ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import { remove } from '../../../lib/store/remove.js';
import { bucketIn, key } from './bucket-in.js';
import { head, PLAIN, put } from './objects.js';

function make(
  bucket: Bucket,
  name: string,
  user = {},
  conditions: WriteConditions = {},
): Promise<ObjectInfo | undefined> {
  return publishDirectory(bucket, key(name), { ...PLAIN, user, etag: EMPTY_ETAG, checksums: [] }, conditions);
}

t.test('PUT a/ makes a directory that is an object, with its metadata and the time it was put', async (t) => {
  const bucket = bucketIn(t);
  const info = await make(bucket, 'a/b/', { x: '1' });
  t.match(info, { size: 0, etag: EMPTY_ETAG, user: { x: '1' } });
  t.match(head(bucket, key('a/b/')), { user: { x: '1' }, modified: info?.modified });
  t.equal(head(bucket, key('a/')), undefined, 'its parent was made only to hold it');
  await put(bucket, key('a/b/c'), 'x');
  t.match(
    head(bucket, key('a/b/')),
    { user: { x: '1' }, modified: info?.modified },
    'also while it holds keys',
  );
  await make(bucket, 'a/b/', { x: '2' });
  t.match(head(bucket, key('a/b/')), { user: { x: '2' } });
});

t.test('a directory that held keys becomes an object, and goes back to holding them', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, key('a/file'), 'x');
  await make(bucket, 'a/');
  await remove(bucket, key('a/file'), {});
  t.ok(existsSync(`${bucket.directory}/a`), 'an object is not pruned');
  await put(bucket, key('a/file'), 'x');
  await remove(bucket, key('a/'), {});
  await remove(bucket, key('a/file'), {});
  t.notOk(existsSync(`${bucket.directory}/a`));
});

t.test('conditions decide', async (t) => {
  const bucket = bucketIn(t);
  await make(bucket, 'a/', {}, { ifNoneMatch: '*' });
  await t.rejects(make(bucket, 'a/', {}, { ifNoneMatch: '*' }), { code: 'PreconditionFailed' });
  await t.rejects(make(bucket, 'b/', {}, { ifMatch: '*' }), { code: 'NoSuchKey' });
});

t.test('where no directory can stand it is none', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'x' }));
  t.equal(await make(bucket, 'file/'), undefined);
  t.equal(await make(bucket, 'a//'), undefined);
  t.equal(await make(bucket, '.bucketree/'), undefined);
  writeFileSync(`${bucket.directory}/x`, '');
  t.same(
    readdirSync(bucket.directory)
      .filter((name) => name !== '.bucketree')
      .sort(),
    ['file', 'x'],
  );
});
