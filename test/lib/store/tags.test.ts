import { closeSync, linkSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { setTags } from '../../../lib/store/tags.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';

const TAGS = [{ key: 'k', value: 'v' }];

t.test('tags change nothing but themselves', async (t) => {
  const bucket = bucketIn(t, { durability: 'full' });
  const before = await put(bucket, key('a'), 'content', {
    attributes: { user: { x: 'y' } },
    algorithms: ['SHA256'],
  });
  const { ino } = statSync(`${bucket.directory}/a`);
  await setTags(bucket, key('a'), TAGS);
  t.same({ ...head(bucket, key('a')) }, { ...before, tags: TAGS });
  t.equal(statSync(`${bucket.directory}/a`).ino, ino, 'the file is the same');
  await setTags(bucket, key('a'), []);
  t.same({ ...head(bucket, key('a')) }, { ...before });
});

t.test('a file from elsewhere keeps the opaque tag of that moment, while its content stays', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'theirs' }));
  await sleep(30);
  const etag = head(bucket, key('file'))?.etag;
  await setTags(bucket, key('file'), TAGS);
  t.match(head(bucket, key('file')), { etag, tags: TAGS });
  await sleep(30);
  t.equal(head(bucket, key('file'))?.etag, etag, 'though its ctime moved');
  writeFileSync(`${bucket.directory}/file`, 'edited');
  t.match(head(bucket, key('file')), { tags: TAGS });
  t.not(head(bucket, key('file'))?.etag, etag);
});

t.test('tags of a file that is being written vouch for none of its content', async (t) => {
  const bucket = bucketIn(t);
  const fd = openSync(`${bucket.directory}/log`, 'a');
  writeSync(fd, 'line\n');
  await setTags(bucket, key('log'), TAGS);
  writeSync(fd, 'line\n');
  closeSync(fd);
  t.match(head(bucket, key('log')), { size: 10, tags: TAGS, etag: /-1$/ });
});

t.test('a file with other hard links is split off: they keep theirs', async (t) => {
  const bucket = bucketIn(t);
  const before = await put(bucket, key('a'), 'content', { attributes: { user: { x: 'y' } } });
  linkSync(`${bucket.directory}/a`, `${bucket.directory}/b`);
  await setTags(bucket, key('a'), TAGS);
  t.match(head(bucket, key('a')), { tags: TAGS, etag: before.etag, user: { x: 'y' } });
  t.match(head(bucket, key('b')), { tags: [], etag: before.etag });
  t.equal(statSync(`${bucket.directory}/b`).nlink, 1);
  t.equal(readFileSync(`${bucket.directory}/a`, 'utf8'), 'content');
});

t.test('hidden objects and directories have tags; what is not there has none', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ empty: {} }));
  await put(bucket, key('a//b'), 'x');
  for (const name of ['a//b', 'empty/']) {
    await setTags(bucket, key(name), TAGS);
    t.match(head(bucket, key(name)), { tags: TAGS }, name);
  }
  t.equal(bodyOf(bucket, key('a//b')), 'x');
  await t.rejects(setTags(bucket, key('nothing'), TAGS), { code: 'NoSuchKey' });
});
