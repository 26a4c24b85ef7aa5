import {
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import { tryStatPath } from '../../../lib/os/stat.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { type HotObject, HotObjects } from '../../../lib/store/hot.js';
import { stampOf } from '../../../lib/store/stamp.js';
import { bucketIn, key } from './bucket-in.js';
import { head, put } from './objects.js';
import { openAt } from './open-files.js';

const KEY = key('a/b.txt');

async function hotIn(bucket: Bucket, name = KEY, text = 'hello'): Promise<HotObject> {
  await put(bucket, name, text);
  const stat = tryStatPath(`${bucket.directory}/${name}`);
  const info = head(bucket, name);
  if (stat === undefined || info === undefined) throw new Error('it was not put');
  return { stamp: stampOf(stat), path: name, info, body: Buffer.from(text) };
}

t.test('an object answers while its file is what it was, and keeps nothing open', async (t) => {
  const bucket = bucketIn(t);
  const objects = new HotObjects(100_000);
  t.equal(objects.get(bucket, KEY), undefined);
  const hot = await hotIn(bucket);
  objects.set(bucket, KEY, hot);
  for (let again = 0; again < 3; again++) t.equal(objects.get(bucket, KEY), hot);
  t.equal(objects.get(bucket, 'a/c.txt'), undefined);
  t.equal(openAt(`${bucket.directory}/${KEY}`), 0);
});

t.test('whatever happens to the file, the object answers no more', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/${KEY}`;
  const beside = `${bucket.directory}/beside`;
  const happenings = {
    'written over at the same size, its time set back': () => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, 'HELLO');
      utimesSync(path, atime, mtime);
    },
    'another file renamed over it': () => {
      writeFileSync(beside, 'hello');
      renameSync(beside, path);
    },
    'renamed away': () => renameSync(path, beside),
    deleted: () => unlinkSync(path),
    'a link to it put in its place': () => {
      renameSync(path, beside);
      symlinkSync(beside, path);
    },
  };
  for (const [what, happens] of Object.entries(happenings)) {
    const objects = new HotObjects(100_000);
    objects.set(bucket, KEY, await hotIn(bucket));
    t.ok(objects.get(bucket, KEY));
    // The stamp of a file is that of a tick of the clock: without the pause it may be the same one.
    await new Promise((resolve) => setTimeout(resolve, 20));
    happens();
    t.equal(objects.get(bucket, KEY), undefined, what);
  }
});

t.test('one that did not answer once is forgotten, even when its file comes back', async (t) => {
  const bucket = bucketIn(t);
  const objects = new HotObjects(100_000);
  objects.set(bucket, KEY, await hotIn(bucket));
  renameSync(`${bucket.directory}/a`, `${bucket.directory}/away`);
  t.equal(objects.get(bucket, KEY), undefined);
  renameSync(`${bucket.directory}/away`, `${bucket.directory}/a`);
  t.equal(readFileSync(`${bucket.directory}/${KEY}`, 'utf8'), 'hello');
  t.equal(objects.get(bucket, KEY), undefined);
});

t.test('what does not fit into the memory given goes, the longest unused first', async (t) => {
  const bucket = bucketIn(t);
  const objects = new HotObjects(6000);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].map(key);
  for (const name of names) objects.set(bucket, name, await hotIn(bucket, name, name.repeat(1000)));
  t.equal(objects.get(bucket, 'a'), undefined);
  t.equal(objects.get(bucket, 'f')?.body?.toString(), 'f'.repeat(1000));
  const none = new HotObjects(0);
  none.set(bucket, 'a', await hotIn(bucket, key('a')));
  t.equal(none.get(bucket, 'a'), undefined);
});
