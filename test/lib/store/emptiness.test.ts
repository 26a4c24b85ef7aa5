import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { emptied } from '../../../lib/store/emptiness.js';
import { setTags } from '../../../lib/store/tags.js';
import { bucketIn, key } from './bucket-in.js';
import { put } from './objects.js';
import { remove } from '../../../lib/store/remove.js';

t.test('a bucket with nothing but directories holds nothing', async (t) => {
  const bucket = bucketIn(t);
  t.ok(emptied(bucket));
  mkdirSync(`${bucket.directory}/a/b/c`, { recursive: true });
  mkdirSync(`${bucket.directory}/.bucketree/uploads/someone`, { recursive: true });
  writeFileSync(`${bucket.directory}/.bucketree/uploads/someone/part`, '');
  writeFileSync(`${bucket.directory}/.bucketree/bucket.json`, '{}');
  t.ok(emptied(bucket), 'nor do uploads in progress and what is ours');
});

t.test('an object counts, at whatever depth, and whatever its key', async (t) => {
  const bucket = bucketIn(t);
  for (const name of ['a', 'a/b/c', 'x//y', '../x', 'x'.repeat(900)]) {
    await put(bucket, key(name), '');
    t.notOk(emptied(bucket), name.slice(0, 9));
    await remove(bucket, key(name), {});
    t.ok(emptied(bucket), `${name.slice(0, 9)} deleted`);
  }
});

t.test('whatever else a person put there counts', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { b: {} } }));
  const path = `${bucket.directory}/a/b/it`;
  symlinkSync('nowhere', path);
  t.notOk(emptied(bucket), 'a dangling link');
  rmSync(path);
  spawnSync('mkfifo', [path]);
  t.notOk(emptied(bucket), 'a FIFO');
  rmSync(path);
  writeFileSync(Buffer.concat([Buffer.from(`${bucket.directory}/a/`), Buffer.from([0xff])]), '');
  t.notOk(emptied(bucket), 'a file whose name no key can spell');
});

t.test('a directory somebody said something of is an object', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ a: { b: {} } }));
  t.ok(emptied(bucket));
  await setTags(bucket, key('a/b/'), [{ key: 'k', value: 'v' }]);
  t.notOk(emptied(bucket));
});

t.test('what is in a directory of our name below the top is not ours, and counts', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ inner: { '.bucketree': { tmp: {} } } }));
  t.ok(emptied(bucket));
  // Another bucket, mapped to a directory in here, keeps its hidden keys so.
  mkdirSync(`${bucket.directory}/inner/.bucketree/keys`);
  writeFileSync(`${bucket.directory}/inner/.bucketree/keys/612f2f62.`, 'an object');
  t.notOk(emptied(bucket));
});
