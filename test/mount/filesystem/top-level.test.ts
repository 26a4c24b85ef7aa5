import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import type { StoreError } from '../../../lib/errors.js';
import { parseBucketName } from '../../../lib/names.js';
import { Buckets } from '../../../lib/store/buckets.js';
import { withKeys } from '../../../lib/store/locks.js';
import type { StoreOptions } from '../../../lib/store/options.js';
import { statFd } from '../../../lib/os/stat.js';
import { errnoOf } from '../../../mount/errno.js';
import { TopLevel } from '../../../mount/filesystem/top-level.js';
import { E } from '../../../lib/os/system-error.js';
import { key, OPTIONS } from '../../lib/store/bucket-in.js';
import { bodyOf, put } from '../../lib/store/objects.js';

const ROOT = { uid: 0, gid: 0, mode: 0o755 };

interface Opened {
  readonly top: TopLevel;
  readonly options: StoreOptions;
  readonly reports: StoreError[];
}

function topOf(
  t: Test,
  directory: string | undefined,
  more: Partial<StoreOptions> = {},
  owner?: string,
): Opened {
  const reports: StoreError[] = [];
  const options = { ...OPTIONS, directory, buckets: new Map<string, string>(), cacheBytes: 0, ...more };
  const top = new TopLevel(options, { owner, report: (error) => reports.push(error), now: () => 1234 });
  t.teardown(() => top.close());
  return { top, options, reports };
}

async function errno(action: Promise<unknown>): Promise<number> {
  try {
    await action;
    return 0;
  } catch (error) {
    return errnoOf(error);
  }
}

const name = (text: string): Buffer => Buffer.from(text);

t.test('the top shows the buckets, the store’s and the mapped ones, and nothing else', async (t) => {
  const directory = t.testdir({
    store: { photos: {}, music: {}, 'Camera Roll': {}, 'a-file': 'x', '.bucketree': {} },
    elsewhere: { song: 'x' },
  });
  const buckets = new Map([
    ['mapped', `${directory}/elsewhere`],
    ['missing', `${directory}/nowhere`],
  ]);
  const { top } = topOf(t, `${directory}/store`, { buckets });
  t.same(top.names(), ['mapped', 'music', 'photos']);
  t.equal(
    top.fd === undefined ? 0 : statFd(top.fd).ino,
    statSync(`${directory}/store`, { bigint: true }).ino,
  );
  t.equal(topOf(t, undefined, { buckets }).top.fd, undefined);
  t.equal(top.lookup(name('mapped'))?.directory, `${directory}/elsewhere`);
  t.equal(top.lookup(name('photos'))?.name, 'photos');
  for (const other of ['Camera Roll', 'a-file', '.bucketree', 'missing', '..', '', 'nothing'])
    t.equal(top.lookup(name(other)), undefined, other);
  t.equal(top.lookup(Buffer.from([0x66, 0xff, 0x66])), undefined);
});

t.test('making a directory makes a bucket, of the account the mount acts for', async (t) => {
  for (const owner of ['1234567890', undefined]) {
    const directory = t.testdir({});
    const { top, options } = topOf(t, directory, {}, owner);
    const root = process.getuid?.() === 0;
    const maker = root ? { uid: 12345, gid: 54321, mode: 0o750 } : { ...ROOT, mode: 0o750 };
    const bucket = await top.mkdir(name('photos'), maker);
    t.equal(top.lookup(name('photos')), bucket);
    t.equal(statSync(`${directory}/photos`).mode & 0o7777, 0o750);
    if (root) t.match(statSync(`${directory}/photos`), { uid: 12345, gid: 54321 });
    const buckets = new Buckets(options);
    t.teardown(() => buckets.close());
    t.same(buckets.info(bucket.name), {
      name: 'photos',
      created: 1234,
      settings: owner === undefined ? { created: 1234 } : { owner, created: 1234 },
      mapped: false,
    });
    await put(buckets.get(bucket.name), key('a'), 'x');
    t.equal(bodyOf(bucket, key('a')), 'x');
    t.equal(await errno(top.mkdir(name('photos'), ROOT)), E.EEXIST);
  }
});

t.test('a directory with the setgid bit gives a new bucket its group and the bit', async (t) => {
  if (process.getuid?.() !== 0) return t.pass('groups are root’s to give');
  const directory = t.testdir({});
  const { chmodSync, chownSync } = await import('node:fs');
  chownSync(directory, 0, 4242);
  chmodSync(directory, 0o2775);
  const { top } = topOf(t, directory);
  await top.mkdir(name('photos'), { uid: 12345, gid: 54321, mode: 0o755 });
  t.match(statSync(`${directory}/photos`), { uid: 12345, gid: 4242 });
  t.equal(statSync(`${directory}/photos`).mode & 0o7777, 0o2755);
});

t.test('what cannot be a bucket’s name is refused, and the log says why', async (t) => {
  const directory = t.testdir({ photos: {} });
  const { top, reports } = topOf(t, directory);
  for (const bad of ['Camera Roll', 'ab', 'a..b', '.bucketree', 'xn--x', 'größe'])
    t.equal(await errno(top.mkdir(name(bad), ROOT)), E.EINVAL, bad);
  t.equal(await errno(top.rename(name('photos'), name('Photos'), 0)), E.EINVAL);
  t.equal(reports.length, 7);
  t.match(reports[0]?.message, /"Camera Roll" cannot be a directory at the top .* 3 to 63/);
  t.same(
    readdirSync(directory).filter((entry) => entry !== '.bucketree'),
    ['photos'],
  );
});

t.test('removing an empty directory deletes the bucket; one with objects stays', async (t) => {
  const directory = t.testdir({
    store: { photos: {}, deep: { down: {} }, full: { a: 'x' }, hidden: {} },
    elsewhere: {},
  });
  const { top } = topOf(t, `${directory}/store`, {
    buckets: new Map([['mapped', `${directory}/elsewhere`]]),
  });
  t.equal(await errno(top.rmdir(name('full'))), E.ENOTEMPTY);
  t.equal(await errno(top.rmdir(name('deep'))), E.ENOTEMPTY, 'rmdir takes no empty directories along');
  const hidden = top.lookup(name('hidden'));
  if (hidden !== undefined) await put(hidden, key('a//b'), 'x');
  t.equal(await errno(top.rmdir(name('hidden'))), E.ENOTEMPTY, 'it has an object no path can express');
  t.equal(await errno(top.rmdir(name('mapped'))), E.EBUSY);
  t.equal(await errno(top.rmdir(name('nothing'))), E.ENOENT);
  t.equal(await errno(top.rmdir(name('Camera Roll'))), E.ENOENT);
  t.equal(await errno(top.rmdir(name('photos'))), 0);
  t.notOk(existsSync(`${directory}/store/photos`));
  t.equal(readFileSync(`${directory}/store/full/a`, 'utf8'), 'x');
});

t.test('renaming a directory renames the bucket, and its handle goes with it', async (t) => {
  const directory = t.testdir({ store: { photos: { a: 'x' }, music: {} }, elsewhere: {} });
  const { top, options } = topOf(t, `${directory}/store`, {
    buckets: new Map([['mapped', `${directory}/elsewhere`]]),
  });
  const bucket = top.lookup(name('photos'));
  t.equal(await errno(top.rename(name('photos'), name('pictures'), 1)), 0);
  t.equal(top.lookup(name('pictures')), bucket);
  t.equal(bucket?.name, 'pictures');
  t.equal(top.lookup(name('photos')), undefined);
  t.equal(bucket === undefined ? 0 : withKeys(bucket, ['a'], () => 'locked'), 'locked');
  const buckets = new Buckets(options);
  t.teardown(() => buckets.close());
  t.equal(bodyOf(buckets.get(parseBucketName('pictures')), key('a')), 'x');
  t.equal(await errno(top.rename(name('pictures'), name('music'), 0)), E.EEXIST);
  t.equal(await errno(top.rename(name('pictures'), name('mapped'), 0)), E.EEXIST);
  t.equal(await errno(top.rename(name('pictures'), name('music'), 2)), E.EPERM);
  t.equal(await errno(top.rename(name('mapped'), name('other'), 0)), E.EBUSY);
  t.equal(await errno(top.rename(name('nothing'), name('other'), 0)), E.ENOENT);
});

t.test('read-only, nothing at the top changes; without a store, nothing can be made there', async (t) => {
  const directory = t.testdir({ photos: {} });
  const readOnly = topOf(t, directory, { readOnly: true }).top;
  t.equal(await errno(readOnly.mkdir(name('music'), ROOT)), E.EROFS);
  t.equal(await errno(readOnly.rmdir(name('photos'))), E.EROFS);
  t.equal(await errno(readOnly.rename(name('photos'), name('music'), 0)), E.EROFS);
  const mapped = topOf(t, undefined, { buckets: new Map([['photos', `${directory}/photos`]]) }).top;
  t.equal(await errno(mapped.mkdir(name('music'), ROOT)), E.EACCES);
  t.same(readdirSync(directory), ['photos']);
});

t.test(
  'a bucket replaced by others is the new one, and the old handle stays good for its nodes',
  async (t) => {
    const directory = t.testdir({ photos: { a: 'old' } });
    const { top } = topOf(t, directory);
    const old = top.lookup(name('photos'));
    renameSync(`${directory}/photos`, `${directory}/elsewhere`);
    mkdirSync(`${directory}/photos`);
    writeFileSync(`${directory}/photos/a`, 'new');
    const now = top.lookup(name('photos'));
    t.not(now, old);
    t.equal(old === undefined ? 0 : statFd(old.rootFd).ino, old?.ino);
    t.equal(now === undefined ? '' : bodyOf(now, key('a')), 'new');
    rmSync(`${directory}/elsewhere`, { recursive: true });
  },
);
