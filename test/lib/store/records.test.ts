import { closeSync, openSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { setAttribute, getAttribute } from '../../../lib/os/attributes.js';
import { O, openBeneath } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { ATTRIBUTE } from '../../../lib/store/layout.js';
import { PLAIN, type Record } from '../../../lib/store/record.js';
import { encodeRecord } from '../../../lib/store/record-codec.js';
import {
  chosen,
  dropRecord,
  readRecord,
  readRecordOf,
  removeRecord,
  sidecarOfKey,
  writeRecord,
} from '../../../lib/store/records.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { bodyOf, head, put } from './objects.js';
import { mountExt4 } from './volumes.js';
import { remove } from '../../../lib/store/remove.js';
import { setTags } from '../../../lib/store/tags.js';

function recordOf(user: { readonly [name: string]: string }, size = 7): Record {
  return {
    ...PLAIN,
    user,
    kind: 'file',
    fingerprint: { size, mtimeNs: 5n },
    etag: '0123456789abcdef'.repeat(2),
    checksums: [],
    parts: undefined,
  };
}

function sidecars(bucket: Bucket): string[] {
  try {
    return readdirSync(`${bucket.directory}/.bucketree/metadata`);
  } catch {
    return [];
  }
}

t.test('a record is one attribute, read through the descriptor', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'content' }));
  const fd = openSync(`${bucket.directory}/file`, 'r');
  t.equal(readRecord(bucket, 'file', fd, statFd(fd)), undefined);
  writeRecord(bucket, 'file', fd, recordOf({ a: 'b' }), undefined).finish();
  t.match(readRecord(bucket, 'file', fd, statFd(fd)), {
    user: { a: 'b' },
    etag: '0123456789abcdef'.repeat(2),
  });
  t.ok(getAttribute(fd, ATTRIBUTE));
  t.same(sidecars(bucket), []);
  closeSync(fd);
});

t.test('of the records before and after a change the content’s own fingerprint chooses', async (t) => {
  const records = [recordOf({ a: 'new' }, 9), recordOf({ a: 'old' }, 7)].map((record) => ({
    record,
    rest: undefined,
  }));
  const stamp = { dev: 1, ino: 1n, mtimeNs: 5n, ctimeNs: 1n };
  t.equal(chosen(records, { ...stamp, size: 9 })?.record.user['a'], 'new');
  t.equal(chosen(records, { ...stamp, size: 7 })?.record.user['a'], 'old');
  t.equal(chosen(records, { ...stamp, size: 1 })?.record.user['a'], 'new', 'edited: what was said last');
  t.equal(chosen([], { ...stamp, size: 1 }), undefined);
});

t.test('names of sidecars are legal and never shared', async (t) => {
  t.equal(sidecarOfKey('ab'), 'k6162.');
  t.not(sidecarOfKey('a'), sidecarOfKey('a/'));
  t.ok(sidecarOfKey('x'.repeat(1024)).length > 200);
});

const LARGE = { long: 'x'.repeat(2000), other: 'y'.repeat(2000) };

t.test(
  'what does not fit beside other people’s attributes goes into a sidecar, and comes back',
  async (t) => {
    const root = mountExt4(t, '-I', '256', '-b', '4096');
    if (root === undefined) return t.pass('this system does not mount it');
    const bucket = bucketIn(t, {}, root);
    await put(bucket, key('a'), 'content', { attributes: { user: LARGE } });
    t.match(head(bucket, key('a')), { user: LARGE });

    writeFileSync(`${root}/theirs`, 'content');
    const fd = openSync(`${root}/theirs`, 'r');
    // The one block that all attributes of a file share, nearly full of somebody else's.
    setAttribute(fd, 'user.theirs', Buffer.alloc(3900, 1));
    closeSync(fd);
    await put(bucket, key('theirs'), 'replaced', { attributes: { user: { mine: 'z'.repeat(300) } } });
    t.match(head(bucket, key('theirs')), { user: { mine: 'z'.repeat(300) }, size: 8 });
    t.equal(sidecars(bucket).length, 2);
    await setTags(bucket, key('theirs'), [{ key: 'k', value: 'v'.repeat(200) }]);
    t.match(head(bucket, key('theirs')), { tags: [{ key: 'k' }], user: { mine: 'z'.repeat(300) } });
    t.equal(sidecars(bucket).length, 2, 'the one before is dropped');
    await put(bucket, key('theirs'), 'again', { attributes: { user: { mine: 'w'.repeat(300) } } });
    t.match(head(bucket, key('theirs')), { user: { mine: 'w'.repeat(300) }, tags: [] });
    t.equal(sidecars(bucket).length, 2);
    await remove(bucket, key('theirs'), {});
    t.equal(sidecars(bucket).length, 1);
    const kept = openSync(`${root}/a`, 'r');
    dropRecord(bucket, 'a', kept);
    closeSync(kept);
    t.match(head(bucket, key('a')), { user: LARGE }, 'a file that still has a name keeps its sidecar');
  },
);

t.test('without attributes a sidecar by key does', async (t) => {
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused !== false) return t.pass(refused);
  const bucket = bucketIn(t, {}, path);
  t.equal(bucket.volume.attributes, false);
  await put(bucket, key('dir/a'), 'content', { attributes: { user: { v: '1' } } });
  t.match(head(bucket, key('dir/a')), { user: { v: '1' }, etag: '9a0364b9e99bb480dd25e1f0284c8555' });
  await put(bucket, key('dir/a'), 'content 2', { attributes: { user: { v: '2' } } });
  t.match(head(bucket, key('dir/a')), { user: { v: '2' }, size: 9 });
  await setTags(bucket, key('dir/a'), [{ key: 'k', value: 'v' }]);
  t.match(head(bucket, key('dir/a')), { user: { v: '2' }, tags: [{ key: 'k', value: 'v' }] });
  writeFileSync(`${path}/dir/a`, 'edited behind us');
  t.match(head(bucket, key('dir/a')), { user: { v: '2' }, checksums: [], etag: /-1$/ });
  for (const long of ['x'.repeat(250), 'x'.repeat(1000), `${'x'.repeat(999)}y`, '../etc', 'a//b']) {
    await put(bucket, key(long), long, { attributes: { user: { is: long.slice(-5) } } });
  }
  for (const long of ['x'.repeat(250), 'x'.repeat(1000), `${'x'.repeat(999)}y`, '../etc', 'a//b']) {
    t.match(head(bucket, key(long)), { user: { is: long.slice(-5) } });
    t.equal(bodyOf(bucket, key(long)), long);
    await remove(bucket, key(long), {});
  }
  await remove(bucket, key('dir/a'), {});
  t.same(sidecars(bucket), []);
});

t.test('a sidecar that went, or holds nonsense, leaves what stands on the inode', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'content' }));
  const fd = openSync(`${bucket.directory}/file`, 'r');
  setAttribute(fd, ATTRIBUTE, encodeRecord(recordOf({ a: 'b' }), 'ab'.repeat(16)));
  t.match(readRecord(bucket, 'file', fd, statFd(fd)), { user: {}, etag: '0123456789abcdef'.repeat(2) });
  closeFdOf(bucket);
  for (const text of ['', 'nonsense', '\xff\xff\xff\xff', '\0\0\0\x02\x09\x09']) {
    writeFileSync(`${bucket.directory}/.bucketree/metadata/${'ab'.repeat(16)}`, text, 'latin1');
    t.match(readRecord(bucket, 'file', fd, statFd(fd)), { user: {} });
  }
  closeSync(fd);
});

function closeFdOf(bucket: Bucket): void {
  closeSync(bucket.openOwn('.bucketree/metadata'));
}

t.test('a descriptor that is only a place is enough to read a record, and to drop its sidecar', async (t) => {
  const root = mountExt4(t, '-I', '256');
  if (root === undefined) return t.pass('this system cannot mount ext4');
  const bucket = bucketIn(t, {}, root);
  const user = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`n${at}`, 'v'.repeat(300)]));
  await put(bucket, key('a'), 'content', { attributes: { user } });
  t.equal(sidecars(bucket).length, 1);
  const fd = openBeneath(bucket.rootFd, 'a', O.PATH);
  t.same(readRecordOf(bucket, 'a', fd, statFd(fd))?.user, user);
  dropRecord(bucket, 'a', fd);
  t.equal(sidecars(bucket).length, 1, 'while it has its name, its record is needed');
  unlinkSync(`${root}/a`);
  dropRecord(bucket, 'a', fd);
  t.equal(sidecars(bucket).length, 0);
  closeSync(fd);
});

t.test('a record that is removed leaves the file, and no sidecar', async (t) => {
  const roots = [t.testdir({}), mountExt4(t, '-I', '256')];
  const { refused, path } = tryMount(t, 'ramfs');
  if (refused === false) roots.push(path);
  for (const root of roots) {
    if (root === undefined) continue;
    const bucket = bucketIn(t, {}, root);
    const user = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`n${at}`, 'v'.repeat(300)]));
    await put(bucket, key('a'), 'content', { attributes: { user } });
    const fd = openSync(`${root}/a`, 'r');
    removeRecord(bucket, 'a', fd);
    closeSync(fd);
    t.match(head(bucket, key('a')), { size: 7, etag: /-1$/ });
    t.same({ ...head(bucket, key('a'))?.user }, {});
    t.same(sidecars(bucket), []);
  }
});
