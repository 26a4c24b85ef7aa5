import { chmodSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { inspect, isHonest } from '../../../lib/store/inspect.js';
import { close } from '../../../lib/store/publish.js';
import { recordOf, setTags } from '../../../lib/store/tags.js';
import { startWriter } from '../os/another-process.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';

const A = key('a.txt');
const TAGS = [{ key: 'colour', value: 'blue' }];

t.test('tags are replaced as a whole, and nothing else of the object changes', async (t) => {
  const hosts = [t.testdir({})];
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused === false) hosts.push(path);
  else t.comment(refused);
  for (const directory of hosts) {
    const bucket = bucketIn(t, { durability: 'full' }, directory);
    const info = await put(bucket, A, 'x', { algorithms: ['CRC32'], attributes: { user: { x: '1' } } });
    const { ino } = statSync(`${directory}/a.txt`);
    for (const tags of [TAGS, [{ key: 'other', value: '' }], []]) {
      await setTags(bucket, A, tags);
      t.same(head(bucket, A), { ...info, tags });
    }
    t.equal(statSync(`${directory}/a.txt`).ino, ino, 'the file is the same one');
  }
});

t.test('a file from elsewhere keeps the entity tag it had, until its content changes', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'a.txt': 'theirs' }));
  await sleep(30);
  const before = head(bucket, A);
  t.match(before, { etag: /-1$/, tags: [] });
  await setTags(bucket, A, TAGS);
  t.same(head(bucket, A), { ...before, tags: TAGS });
  t.equal(bodyOf(bucket, A), 'theirs');
  writeFileSync(`${bucket.directory}/a.txt`, 'edited');
  await sleep(30);
  t.match(head(bucket, A), { tags: TAGS, size: 6 }, 'the tags stay');
  t.not(head(bucket, A)?.etag, before?.etag);
});

t.test('a file edited since it was put loses nothing of what the user said', async (t) => {
  const bucket = bucketIn(t);
  const { etag } = await put(bucket, A, 'x', { algorithms: ['CRC32'], attributes: { user: { x: '1' } } });
  writeFileSync(`${bucket.directory}/a.txt`, 'edited');
  await setTags(bucket, A, TAGS);
  const now = head(bucket, A);
  t.match(now, { tags: TAGS, user: { x: '1' }, size: 6 });
  t.same(now?.checksums, [], 'no checksum is claimed that is not of this content');
  t.not(now?.etag, etag);
});

t.test('the record of a file that is being written describes no content', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ 'a.txt': 'theirs' }));
  const writer = await startWriter(`${bucket.directory}/a.txt`);
  const found = inspect(bucket, A);
  if (found === undefined) return t.fail('it is there');
  t.equal(found.settled, false);
  t.match(recordOf(A, found), { fingerprint: { size: 0, mtimeNs: 0n }, checksums: [] });
  close(found);
  await setTags(bucket, A, TAGS);
  t.match(head(bucket, A), { tags: TAGS, size: 6 });
  await writer.ask('close');
  const rested = inspect(bucket, A);
  t.equal(rested !== undefined && isHonest(rested), false, 'and vouches for nothing afterwards');
  close(rested);
  await writer.end();
});

t.test('a file with another hard link is split off: the other name gets no tags', async (t) => {
  const bucket = bucketIn(t);
  const info = await put(bucket, A, 'both', { algorithms: ['CRC32'] });
  linkSync(`${bucket.directory}/a.txt`, `${bucket.directory}/b.txt`);
  chmodSync(`${bucket.directory}/a.txt`, 0o640);
  await sleep(30);
  await setTags(bucket, A, TAGS);
  t.match(head(bucket, A), { tags: TAGS, etag: info.etag, checksums: info.checksums });
  t.match(head(bucket, key('b.txt')), { tags: [], etag: info.etag });
  t.equal(readFileSync(`${bucket.directory}/b.txt`, 'utf8'), 'both');
  t.equal(bodyOf(bucket, A), 'both');
  t.match(statSync(`${bucket.directory}/a.txt`), { nlink: 1 });
  t.equal(statSync(`${bucket.directory}/a.txt`).mode & 0o777, 0o640);
});

t.test('a directory object and a hidden one have tags as any other', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/theirs`);
  await put(bucket, key('a//b'), 'hidden');
  for (const name of [key('theirs/'), key('a//b')]) {
    const before = head(bucket, name);
    await setTags(bucket, name, TAGS);
    t.same(head(bucket, name), { ...before, tags: TAGS }, name);
  }
});

t.test('there are no tags on what is not there', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ full: { file: 'x' } }));
  for (const name of ['none', 'full/', 'full', '.bucketree/lock'])
    await t.rejects(setTags(bucket, key(name), TAGS), { code: 'NoSuchKey' }, name);
});

t.test(
  'where records are kept by key, tags set while the file is being written are there, too',
  async (t) => {
    const { refused, path } = tryMount(t, 'ramfs');
    if (refused !== false) return t.pass(refused);
    const bucket = bucketIn(t, {}, path);
    await put(bucket, A, 'content', { attributes: { user: { x: '1' } } });
    const writer = await startWriter(`${path}/a.txt`);
    await setTags(bucket, A, TAGS);
    t.same(head(bucket, A)?.tags, TAGS);
    await writer.ask('close');
    await writer.end();
    t.same(head(bucket, A)?.tags, TAGS);
  },
);
