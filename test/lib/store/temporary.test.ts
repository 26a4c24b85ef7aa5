import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import t, { type Test } from 'tap';
import { openDirectory, writeFd } from '../../../lib/os/open.js';
import { lockRange } from '../../../lib/os/range-lock.js';
import { statFd } from '../../../lib/os/stat.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import {
  dropTemporary,
  makeTemporary,
  moveInto,
  place,
  type Temporary,
} from '../../../lib/store/temporary.js';
import { tryMount } from '../os/mounted.js';
import { bucketIn } from './bucket-in.js';

function written(bucket: Bucket, text: string, parent = ''): Temporary {
  const temporary = makeTemporary(bucket, parent);
  writeFd(temporary.fd, Buffer.from(text), 0, text.length, 0);
  return temporary;
}

function leftovers(directory: string): string[] {
  const tmp = `${directory}/.bucketree/tmp`;
  return existsSync(tmp) ? readdirSync(tmp) : [];
}

/** Whether somebody holds the file, so that a sweep lets it be. */
function isHeld(path: string): boolean {
  const fd = openSync(path, 'r+');
  try {
    return !lockRange(fd, 0, 0, { wait: false });
  } finally {
    closeSync(fd);
  }
}

/** A bucket that treats its filesystem as one without O_TMPFILE, as FAT and NFS are. */
function namingBucketIn(t: Test, directory?: string): Bucket {
  const bucket = bucketIn(t, {}, directory);
  return Object.defineProperty(bucket, 'volume', { value: { ...bucket.volume, unnamed: false } });
}

t.test('content without a name leaves nothing, dropped or not', async (t) => {
  const bucket = bucketIn(t);
  if (!bucket.volume.unnamed) return t.comment('this filesystem has no O_TMPFILE');
  const temporary = written(bucket, 'x');
  t.equal(temporary.name, undefined);
  t.same(readdirSync(bucket.directory), []);
  dropTemporary(bucket, temporary);
  t.same(readdirSync(bucket.directory), []);
});

t.test('it is put where nothing stands, and never over something unless asked', async (t) => {
  const bucket = bucketIn(t);
  writeFileSync(`${bucket.directory}/there`, 'theirs');
  const first = written(bucket, 'first');
  t.throws(() => place(bucket, first, bucket.rootFd, 'there', false), { code: 'EEXIST' });
  t.equal(readFileSync(`${bucket.directory}/there`, 'utf8'), 'theirs');
  place(bucket, first, bucket.rootFd, 'new', false);
  dropTemporary(bucket, first);
  t.equal(readFileSync(`${bucket.directory}/new`, 'utf8'), 'first', 'dropping it takes nothing back');
  const second = written(bucket, 'second');
  place(bucket, second, bucket.rootFd, 'there', true);
  dropTemporary(bucket, second);
  t.equal(readFileSync(`${bucket.directory}/there`, 'utf8'), 'second');
  t.same(leftovers(bucket.directory), []);
});

t.test('a replacement that did not come about leaves no name under tmp/', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ directory: { file: 'x' } }));
  const temporary = written(bucket, 'x');
  t.throws(() => place(bucket, temporary, bucket.rootFd, 'directory', true), { code: 'EISDIR' });
  const [name = ''] = leftovers(bucket.directory);
  t.ok(isHeld(`${bucket.directory}/.bucketree/tmp/${name}`), 'a sweep leaves it until then');
  dropTemporary(bucket, temporary);
  t.same(leftovers(bucket.directory), []);
});

t.test('a new file has the mode and the setgid group of the directory it will stand in', async (t) => {
  const bucket = bucketIn(t, { umask: 0o027 }, t.testdir({ a: {} }));
  chmodSync(`${bucket.directory}/a`, 0o2777);
  const temporary = written(bucket, 'x', 'a/not/yet/there');
  t.equal(statFd(temporary.fd).mode & 0o7777, 0o640);
  t.equal(statFd(temporary.fd).gid, statSync(`${bucket.directory}/a`).gid);
  t.same(readdirSync(`${bucket.directory}/a`), [], 'no directory was made for it yet');
  dropTemporary(bucket, temporary);
});

t.test('where every file has a name it is under tmp/, held while we live, and dropped', async (t) => {
  const bucket = namingBucketIn(t);
  const { directory } = bucket;
  const dropped = written(bucket, 'x');
  t.same(leftovers(directory), [dropped.name]);
  t.ok(isHeld(`${directory}/.bucketree/tmp/${dropped.name}`));
  dropTemporary(bucket, dropped);
  t.same(leftovers(directory), []);
  const placed = written(bucket, 'one');
  place(bucket, placed, bucket.rootFd, 'a', false);
  dropTemporary(bucket, placed);
  const again = written(bucket, 'two');
  t.throws(() => place(bucket, again, bucket.rootFd, 'a', false), { code: 'EEXIST' });
  t.equal(readFileSync(`${directory}/a`, 'utf8'), 'one');
  place(bucket, again, bucket.rootFd, 'a', true);
  dropTemporary(bucket, again);
  t.equal(readFileSync(`${directory}/a`, 'utf8'), 'two');
  t.same(leftovers(directory), []);
});

t.test('dropping what a sweep took already is harmless', async (t) => {
  const bucket = namingBucketIn(t);
  const temporary = written(bucket, 'x');
  rmSync(`${bucket.directory}/.bucketree/tmp`, { recursive: true });
  dropTemporary(bucket, temporary);
  t.same(leftovers(bucket.directory), []);
});

t.test('on a filesystem mounted inside the bucket it is made, named and dropped there', async (t) => {
  const { refused, parent, path } = tryMount(t, 'tmpfs');
  if (refused !== false) return t.comment(refused);
  mkdirSync(`${path}/deep/er`, { recursive: true });
  const bucket = namingBucketIn(t, parent);
  const [dropped, placed] = [written(bucket, 'x', 'mnt/deep/er'), written(bucket, 'y', 'mnt/deep/er')];
  t.same(leftovers(path).sort(), [dropped.name, placed.name].sort());
  dropTemporary(bucket, dropped);
  const into = openDirectory(`${path}/deep/er`);
  place(bucket, placed, into, 'file', false);
  closeSync(into);
  dropTemporary(bucket, placed);
  t.equal(readFileSync(`${path}/deep/er/file`, 'utf8'), 'y');
  t.same(leftovers(path), []);
  t.notOk(existsSync(`${parent}/.bucketree`), 'the outer filesystem has nothing to do with it');
});

t.test('moving a directory never replaces what came first', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ from: { a: '1' }, to: { a: '2' }, empty: {} }));
  const { rootFd, directory } = bucket;
  for (const name of ['to', 'empty'])
    t.throws(() => moveInto(rootFd, 'from', rootFd, name, false), { code: 'EEXIST' }, name);
  moveInto(rootFd, 'from', rootFd, 'new', false);
  t.equal(readFileSync(`${directory}/new/a`, 'utf8'), '1');
  t.equal(readFileSync(`${directory}/to/a`, 'utf8'), '2');
});
