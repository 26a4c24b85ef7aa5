import { createHash } from 'node:crypto';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { createDigest } from '../../../lib/hash/digest.js';
import { parseBucketName, parseObjectKey } from '../../../lib/names.js';
import { type ExamineOptions, type Maintenance, openMaintenance } from '../../../lib/store/maintenance.js';
import { openStore } from '../../../lib/store/local.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import type { StoreOptions } from '../../../lib/store/options.js';

const photos = parseBucketName('photos');
const INDEX: ExamineOptions = { purpose: 'index', repair: false, pace: () => undefined };
const VERIFY: ExamineOptions = { ...INDEX, purpose: 'verify' };

function optionsOf(directory: string, over: Partial<StoreOptions> = {}): StoreOptions {
  return {
    directory,
    buckets: new Map(),
    durability: 'none',
    owner: undefined,
    umask: undefined,
    followSymlinks: false,
    readOnly: false,
    cacheBytes: 1024 ** 2,
    ...over,
  };
}

/** With a time that can be put back exactly. */
function write(path: string, content: string, age = 10): void {
  writeFileSync(path, content);
  const then = Date.now() / 1000 - age;
  utimesSync(path, then, then);
}

async function maintained(
  t: Test,
  directory: string,
  over: Partial<StoreOptions> = {},
): Promise<Maintenance> {
  const maintenance = await openMaintenance(optionsOf(directory, over));
  t.teardown(() => maintenance.close());
  return maintenance;
}

async function headOf(directory: string, key: string): Promise<ObjectInfo> {
  const store = await openStore(optionsOf(directory));
  try {
    return await store.head(photos, parseObjectKey(key));
  } finally {
    await store.close();
  }
}

async function etagOf(directory: string, key: string): Promise<string> {
  return (await headOf(directory, key)).etag;
}

function crc64nvme(text: string): string {
  const digest = createDigest('CRC64NVME');
  digest.update(Buffer.from(text));
  return digest.digest().toString('base64');
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

t.test('a file from elsewhere gets its MD5, once, and keeps it', async (t) => {
  const dir = t.testdir({ photos: {} });
  const path = join(dir, 'photos', 'a.txt');
  write(path, 'hello');
  t.match(await etagOf(dir, 'a.txt'), /-1$/);
  const maintenance = await maintained(t, dir);
  const key = parseObjectKey('a.txt');
  const { mtimeMs } = statSync(path);
  t.match(await maintenance.examine(photos, key, INDEX), { verdict: 'recorded', read: 5 });
  t.match((await headOf(dir, 'a.txt')).checksums, [
    { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: crc64nvme('hello') },
  ]);
  t.equal(await etagOf(dir, 'a.txt'), md5('hello'));
  t.equal(statSync(path).mtimeMs, mtimeMs, 'its time stays');
  t.match(await maintenance.examine(photos, key, INDEX), { verdict: 'known', read: 0 });
  t.match(await maintenance.examine(photos, key, VERIFY), { verdict: 'same', read: 5 });
});

t.test('content changed behind its times is found, left alone, and recorded anew when asked', async (t) => {
  const dir = t.testdir({ photos: {} });
  const path = join(dir, 'photos', 'a.txt');
  write(path, 'hello', 100);
  const maintenance = await maintained(t, dir);
  const key = parseObjectKey('a.txt');
  await maintenance.examine(photos, key, INDEX);
  const { atime, mtime } = statSync(path);
  const fd = openSync(path, 'r+');
  writeFileSync(fd, 'hexlo');
  closeSync(fd);
  utimesSync(path, atime, mtime);
  t.equal(await etagOf(dir, 'a.txt'), md5('hello'), 'the one edit no time shows');
  const found = await maintenance.examine(photos, key, VERIFY);
  t.match(found, { verdict: 'differs', repaired: false });
  t.same(found.differences, [
    { what: 'ETag', recorded: md5('hello'), found: md5('hexlo') },
    { what: 'CRC64NVME', recorded: crc64nvme('hello'), found: crc64nvme('hexlo') },
  ]);
  t.equal(await etagOf(dir, 'a.txt'), md5('hello'), 'verify changes nothing');
  t.match(await maintenance.examine(photos, key, { ...VERIFY, repair: true }), {
    verdict: 'differs',
    repaired: true,
  });
  t.equal(await etagOf(dir, 'a.txt'), md5('hexlo'));
  t.equal(readFileSync(path, 'utf8'), 'hexlo', 'content is never touched');
});

t.test('what is being written, is gone, or has nothing recorded is said to be so', async (t) => {
  const dir = t.testdir({ photos: {} });
  const path = join(dir, 'photos', 'log');
  write(path, 'one\n');
  const maintenance = await maintained(t, dir);
  const key = parseObjectKey('log');
  t.match(await maintenance.examine(photos, key, VERIFY), { verdict: 'unrecorded', read: 0 });
  const writer = openSync(path, 'a');
  t.match(await maintenance.examine(photos, key, INDEX), { verdict: 'busy' });
  closeSync(writer);
  const grown = await maintenance.examine(photos, key, {
    ...INDEX,
    pace: () => appendFileSync(path, 'two\n'),
  });
  t.match(grown, { verdict: 'busy' }, 'changed while it was read');
  t.match(await etagOf(dir, 'log'), /-1$/);
  t.match(await maintenance.examine(photos, parseObjectKey('absent'), INDEX), { verdict: 'gone' });
});

t.test('names that share a file share what is recorded', async (t) => {
  const dir = t.testdir({ photos: {} });
  write(join(dir, 'photos', 'a'), 'same');
  linkSync(join(dir, 'photos', 'a'), join(dir, 'photos', 'b'));
  const maintenance = await maintained(t, dir);
  t.match(await maintenance.examine(photos, parseObjectKey('a'), INDEX), { verdict: 'recorded' });
  t.equal(await etagOf(dir, 'b'), md5('same'));
  t.equal(statSync(join(dir, 'photos', 'a')).nlink, 2);
});

t.test('a store that is read-only is verified and not written', async (t) => {
  const dir = t.testdir({ photos: {} });
  write(join(dir, 'photos', 'a'), 'x');
  const maintenance = await maintained(t, dir, { readOnly: true });
  await t.rejects(maintenance.examine(photos, parseObjectKey('a'), INDEX), { code: 'ReadOnly' });
  t.match(await maintenance.examine(photos, parseObjectKey('a'), VERIFY), { verdict: 'unrecorded' });
});

t.test('objects come a page at a time, in listing order, those below a prefix', async (t) => {
  const dir = t.testdir({ photos: { 'b.txt': 'b', a: { '1': 'x', '2': 'yy' } } });
  mkdirSync(join(dir, 'photos', 'many'));
  for (let n = 0; n < 1005; n++) writeFileSync(join(dir, 'photos', 'many', String(n).padStart(4, '0')), '');
  const maintenance = await maintained(t, dir);
  t.same(maintenance.buckets(), ['photos']);
  t.same(maintenance.objects(photos, 'a/', '').entries, [
    { key: 'a/1', size: 1 },
    { key: 'a/2', size: 2 },
  ]);
  const first = maintenance.objects(photos, 'many/', '');
  t.equal(first.entries.length, 1000);
  t.equal(first.truncated, true);
  const second = maintenance.objects(photos, 'many/', first.entries.at(-1)?.key ?? '');
  t.same(
    second.entries.map(({ key }) => key),
    ['many/1000', 'many/1001', 'many/1002', 'many/1003', 'many/1004'],
  );
  t.equal(second.truncated, false);
});
