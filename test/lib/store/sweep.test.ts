import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { closeFd, O, openAt } from '../../../lib/os/open.js';
import { lockRange } from '../../../lib/os/range-lock.js';
import { mountsBelow, sweepBucket, sweepStore } from '../../../lib/store/sweep.js';
import { dropTemporary, makeTemporary } from '../../../lib/store/temporary.js';
import { createUpload } from '../../../lib/store/uploads.js';
import { startNode } from '../os/another-process.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn, key } from './bucket-in.js';
import { creation } from './multipart.js';
import { get, put, storeIn } from './store-in.js';

const NAME = '0123456789abcdef01234567';
const OTHER = 'fedcba987654321001234567';
const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

t.test('a temporary file of a process that was killed goes; that of a living one stays', async (t) => {
  const bucket = bucketIn(t);
  const tmp = `${bucket.directory}/.bucketree/tmp`;
  mkdirSync(tmp, { recursive: true });
  const process = await startNode(`
    import { openAt, openDirectory, O } from '$LIBopen.js';
    import { lockRange } from '$LIBrange-lock.js';
    const fd = openAt(openDirectory(${JSON.stringify(tmp)}), '${NAME}', O.RDWR | O.CREAT, 0o600);
    lockRange(fd, 0, 0, { wait: false });
    console.log('ready');
    process.stdin.once('data', () => process.kill(process.pid, 'SIGKILL'));`);
  writeFileSync(`${tmp}/${OTHER}`, 'left behind');
  t.match(sweepBucket(bucket, Date.now()), { removed: 1, failures: [] });
  t.same(readdirSync(tmp), [NAME]);
  await process.ask('die');
  await process.end();
  t.equal(sweepBucket(bucket, Date.now()).removed, 1);
  t.same(readdirSync(tmp), []);
});

t.test('what we are writing at this moment stays, on a filesystem that gives it a name', async (t) => {
  const bucket = bucketIn(t);
  Object.assign(bucket, { volume: { ...bucket.volume, unnamed: false } });
  const temporary = makeTemporary(bucket, '');
  t.ok(temporary.name);
  t.equal(sweepBucket(bucket, Date.now()).removed, 0);
  dropTemporary(bucket, temporary);
  t.same(readdirSync(`${bucket.directory}/.bucketree/tmp`), []);
});

t.test('directories and steps on their way go when they are old, other things never', async (t) => {
  const bucket = bucketIn(t);
  const own = `${bucket.directory}/.bucketree`;
  for (const name of ['tmp', 'metadata']) mkdirSync(`${own}/${name}`, { recursive: true });
  mkdirSync(`${own}/tmp/${NAME}`);
  mkdirSync(`${own}/tmp/${OTHER}`);
  writeFileSync(`${own}/tmp/${OTHER}/somebody’s`, 'content');
  writeFileSync(`${own}/tmp/notes.txt`, 'not ours');
  writeFileSync(`${own}/metadata/0123456789abcdef.new`, '');
  writeFileSync(`${own}/metadata/${'0'.repeat(32)}`, 'a sidecar');
  writeFileSync(`${own}/bucket.json.0123456789abcdef.new`, '');
  writeFileSync(`${own}/bucket.json`, '{}');
  t.equal(sweepBucket(bucket, Date.now()).removed, 0, 'they may be anybody’s, right now');
  t.equal(sweepBucket(bucket, Date.now() + 10 * 60_000).removed, 2, 'steps take milliseconds');
  t.equal(sweepBucket(bucket, Date.now() + 2 * HOUR).removed, 1, 'the empty directory');
  t.same(readdirSync(`${own}/tmp`), [OTHER, 'notes.txt']);
  t.same(readdirSync(`${own}/metadata`), ['0'.repeat(32)]);
  t.same(readdirSync(own).sort(), ['bucket.json', 'metadata', 'tmp']);
});

t.test('uploads a week old end', async (t) => {
  const bucket = bucketIn(t);
  const now = Date.now();
  await createUpload(bucket, key('a'), creation(), now - 8 * DAY);
  const young = await createUpload(bucket, key('b'), creation(), now - 6 * DAY);
  sweepBucket(bucket, now);
  t.same(readdirSync(`${bucket.directory}/.bucketree/uploads`), [young.id]);
});

t.test('a bucket that was being made or unmade goes, one that holds an object does not', async (t) => {
  const { store, directory } = await storeIn(t);
  await put(store, 'a', 'content');
  const tmp = `${directory}/.bucketree/tmp`;
  mkdirSync(`${tmp}/${NAME}/.bucketree`, { recursive: true });
  writeFileSync(`${tmp}/${NAME}/.bucketree/bucket.json`, '{}');
  mkdirSync(`${tmp}/${OTHER}/2026`, { recursive: true });
  writeFileSync(`${tmp}/${OTHER}/2026/cat.jpg`, 'miaow');
  t.equal(await store.sweep(), 0);
  t.equal(await store.sweep(Date.now() + 2 * HOUR), 1);
  t.same(readdirSync(tmp), [OTHER]);
  t.ok(existsSync(`${tmp}/${OTHER}/2026/cat.jpg`));
  t.equal((await get(store, 'a')).toString(), 'content');
});

t.test('a store served read-only is not swept', async (t) => {
  const bucket = bucketIn(t, { readOnly: true });
  const tmp = `${bucket.directory}/.bucketree/tmp`;
  mkdirSync(tmp, { recursive: true });
  writeFileSync(`${tmp}/${NAME}`, '');
  t.same(sweepBucket(bucket, Date.now() + DAY), { removed: 0, failures: [] });
  const options = { directory: bucket.directory, buckets: new Map(), cacheBytes: 0, ...bucket.options };
  t.same(sweepStore(options, Date.now() + DAY), { removed: 0, failures: [] });
  t.same(readdirSync(tmp), [NAME]);
});

t.test('filesystems mounted inside a bucket are swept too', async (t) => {
  const { refused, parent, path } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.pass(refused);
  t.same(mountsBelow(parent), ['mnt']);
  t.notOk(mountsBelow('/').includes(''));
  const bucket = bucketIn(t, {}, parent);
  t.teardown(() => {
    rmSync(`${parent}/.bucketree`, { recursive: true, force: true });
  });
  mkdirSync(`${path}/.bucketree/tmp`, { recursive: true });
  writeFileSync(`${path}/.bucketree/tmp/${NAME}`, 'left behind');
  t.equal(sweepBucket(bucket, Date.now()).removed, 1);
  t.same(readdirSync(`${path}/.bucketree/tmp`), []);
});

t.test('what cannot be swept is told, and the rest is swept', async (t) => {
  const bucket = bucketIn(t);
  const own = `${bucket.directory}/.bucketree`;
  mkdirSync(`${own}/tmp`, { recursive: true });
  writeFileSync(`${own}/tmp/${NAME}`, '');
  mkdirSync(`${own}/uploads/${'a'.repeat(32)}`, { recursive: true });
  writeFileSync(`${own}/uploads/${'a'.repeat(32)}/log`, 'no log of ours');
  const fd = openAt(bucket.rootFd, '.', O.RDONLY | O.DIRECTORY);
  t.ok(
    lockRange(fd, 0, 1, { wait: false, shared: true }),
    'a directory can be locked, though no sweep sees it',
  );
  closeFd(fd);
  const { removed } = sweepBucket(bucket, Date.now());
  t.ok(removed >= 1);
  t.same(readdirSync(`${own}/tmp`), []);
});
