import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { publishDirectory } from '../../../lib/store/directory-object.js';
import { emptied } from '../../../lib/store/emptiness.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import { remove } from '../../../lib/store/remove.js';
import { createUpload } from '../../../lib/store/uploads.js';
import { bucketIn, key } from './bucket-in.js';
import { creation } from './multipart.js';
import { PLAIN, put } from './objects.js';

t.test('directories nobody would miss do not count, nor do uploads', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { b: {} } }));
  t.ok(emptied(bucket));
  await createUpload(bucket, key('k'), creation());
  t.ok(emptied(bucket));
  await put(bucket, key('a//b'), 'x');
  t.notOk(emptied(bucket), 'a hidden key does');
  await remove(bucket, key('a//b'), {});
  t.ok(emptied(bucket));
  await put(bucket, key('y'.repeat(900)), 'x');
  t.notOk(emptied(bucket), 'a long one too');
});

t.test('whatever else a person put there counts', async (t) => {
  const things: Record<string, (at: string) => void> = {
    file: (at: string) => writeFileSync(at, ''),
    link: (at: string) => symlinkSync('nowhere', at),
    pipe: (at: string) => void spawnSync('mkfifo', [at]),
  };
  for (const [what, make] of Object.entries(things)) {
    const bucket = bucketIn(t, {}, t.testdir({ [what]: {} }) + `/${what}`);
    mkdirSync(`${bucket.directory}/deep`);
    make(`${bucket.directory}/deep/${what}`);
    t.notOk(emptied(bucket), what);
  }
});

t.test('a directory that was put counts', async (t) => {
  const bucket = bucketIn(t);
  await publishDirectory(bucket, key('a/'), { ...PLAIN, etag: EMPTY_ETAG, checksums: [] }, {});
  t.notOk(emptied(bucket));
});
