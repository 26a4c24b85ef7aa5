import { chmodSync, closeSync, mkdirSync, openSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { setAttribute } from '../../../lib/os/attributes.js';
import { O, openBeneath } from '../../../lib/os/open.js';
import { EMPTY_ETAG } from '../../../lib/store/etag.js';
import { infoOf, inspect, inspectHeld, isEmpty, isHonest } from '../../../lib/store/inspect.js';
import { ATTRIBUTE } from '../../../lib/store/layout.js';
import { close } from '../../../lib/store/publish.js';
import { bucketIn, key } from './bucket-in.js';
import { head, put } from './objects.js';

t.test(
  'a file from elsewhere has an opaque tag that stays while it does, and its type by extension',
  async (t) => {
    const bucket = bucketIn(t, {}, t.testdir({ 'page.html': '<p>' }));
    await sleep(30);
    const first = head(bucket, key('page.html'));
    t.match(first, { size: 3, contentType: 'text/html', checksums: [], storageClass: 'STANDARD', user: {} });
    t.match(first?.etag, /^[0-9a-f]{32}-1$/);
    t.equal(head(bucket, key('page.html'))?.etag, first?.etag);
    writeFileSync(`${bucket.directory}/page.html`, '<b>');
    t.not(head(bucket, key('page.html'))?.etag, first?.etag);
  },
);

t.test('a tag never says unchanged of a file changed twice within one tick', async (t) => {
  const bucket = bucketIn(t);
  const seen = new Set<string>();
  for (let turn = 0; turn < 200; turn++) {
    writeFileSync(`${bucket.directory}/file`, `turn ${turn % 10}`);
    seen.add(head(bucket, key('file'))?.etag ?? '');
  }
  t.equal(seen.size, 200);
});

t.test('what was recorded counts while the content is the one it was recorded for', async (t) => {
  const bucket = bucketIn(t);
  const path = `${bucket.directory}/a`;
  await put(bucket, key('a'), 'content', { attributes: { user: { x: 'y' } }, algorithms: ['CRC32'] });
  const before = head(bucket, key('a'));
  t.match(before, { etag: '9a0364b9e99bb480dd25e1f0284c8555', checksums: [{ algorithm: 'CRC32' }] });
  chmodSync(path, 0o600);
  t.equal(head(bucket, key('a'))?.etag, before?.etag, 'chmod leaves it alone');

  writeFileSync(path, 'CONTENT');
  const edited = head(bucket, key('a'));
  t.match(edited, { checksums: [], user: { x: 'y' } }, 'metadata stays, checksums do not');
  t.match(edited?.etag, /-1$/);

  utimesSync(path, new Date(), new Date(before?.modified ?? 0));
  t.match(head(bucket, key('a'))?.etag, /-1$/);
});

t.test('a file somebody has open for writing is nobody’s word', async (t) => {
  const bucket = bucketIn(t);
  await put(bucket, key('a'), 'content');
  const fd = openSync(`${bucket.directory}/a`, 'r+');
  const found = inspect(bucket, 'a');
  if (found === undefined) return t.fail('it is there');
  t.equal(found.settled, false);
  t.notOk(isHonest(found));
  t.match(infoOf(key('a'), found).etag, /-1$/);
  close(found);
  closeSync(fd);
  t.notMatch(head(bucket, key('a'))?.etag, /-1$/);
});

t.test('directories are objects when they were put, or are somebody’s and empty', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ empty: {}, full: { file: 'x' } }));
  t.match(head(bucket, key('empty/')), { size: 0, etag: EMPTY_ETAG });
  t.equal(head(bucket, key('empty')), undefined);
  t.equal(head(bucket, key('full/')), undefined);
  await put(bucket, key('made/file'), 'x');
  t.equal(head(bucket, key('made/')), undefined, 'made to hold a key');
});

t.test('a root with nothing but what is ours in it, mounted inside, is empty', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ mount: { '.bucketree': {} } }));
  t.match(head(bucket, key('mount/')), { size: 0 });
});

t.test('whatever bytes stand in our attribute, the file is served', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'content' }));
  for (const bytes of [[], [0], [1], [1, 0, 1, 9], [1, 2], [255, 255, 255, 255]]) {
    const fd = openSync(`${bucket.directory}/file`, 'r');
    setAttribute(fd, ATTRIBUTE, Buffer.from(bytes));
    closeSync(fd);
    t.match(head(bucket, key('file')), { size: 7 }, `bytes ${bytes.join(' ')}`);
  }
});

t.test('a file we may not read is still told of', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ secret: 'content' }));
  chmodSync(`${bucket.directory}/secret`, 0);
  const found = inspect(bucket, 'secret');
  const refused = { fd: undefined, settled: undefined };
  t.match(found, {
    stat: { size: 7 },
    ...(process.getuid?.() === 0 ? { fd: Number, settled: true } : refused),
  });
  close(found);
});

t.test('the path wins over what was hidden under its key', async (t) => {
  const bucket = bucketIn(t);
  mkdirSync(`${bucket.directory}/a`);
  await put(bucket, key('a'), 'hidden, for a directory stands there');
  t.match(head(bucket, key('a')), { size: 36 });
  const { rmdirSync } = await import('node:fs');
  rmdirSync(`${bucket.directory}/a`);
  t.match(head(bucket, key('a')), { size: 36 });
  writeFileSync(`${bucket.directory}/a`, 'path');
  t.match(head(bucket, key('a')), { size: 4 });
});

t.test('what is held is told of, object or not, whatever its name leads to by now', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ theirs: { file: 'x' } }));
  const info = await put(bucket, key('implicit/a'), 'content', { attributes: { user: { x: 'y' } } });
  const heldAt = (path: string): ReturnType<typeof inspectHeld> & { readonly path: string } => {
    const fd = openBeneath(bucket.rootFd, path, O.PATH);
    const found = inspectHeld(bucket, path, fd);
    closeSync(fd);
    return { ...found, path };
  };
  const file = heldAt('implicit/a');
  t.same(infoOf(key('implicit/a'), file), info);
  t.ok(isHonest(file));
  const implicit = heldAt('implicit/');
  t.match(implicit, { record: { kind: 'implicit' }, place: { directory: true } });
  const theirs = heldAt('theirs/');
  t.match(theirs, { record: undefined, settled: true });
  t.notOk(isEmpty(theirs.fd ?? -1));
  await put(bucket, key('implicit/a'), 'another');
  t.match(infoOf(key('implicit/a'), file), { size: 7 });
  for (const found of [file, implicit, theirs]) close(found);
});
