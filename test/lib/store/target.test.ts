import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { statFd } from '../../../lib/os/stat.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { closeAll } from '../../../lib/store/directories.js';
import { hiddenPlace, type Place } from '../../../lib/store/paths.js';
import { openTarget, shadowed } from '../../../lib/store/target.js';
import { bucketIn, key } from './bucket-in.js';
import { put } from './objects.js';

interface Seen {
  readonly place: Place;
  readonly replaces: boolean;
  /** Inode of the directory the name will stand in. */
  readonly inside: number;
  readonly changed: number;
}

/** Where a key would be published, looked at and closed. */
function target(bucket: Bucket, name: string, file = true): Seen {
  const { place, directory, existing, changed } = openTarget(bucket, name, file);
  const inside = Number(statFd(directory).ino);
  closeAll([directory, ...changed]);
  return { place, replaces: existing !== undefined, inside, changed: changed.length };
}

t.test('a key goes to its path, and the directories on the way are made and told', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ there: { file: 'x' } }));
  const made = target(bucket, 'there/new/er/file');
  t.match(made, { place: { kind: 'path', path: 'there/new/er/file' }, replaces: false, changed: 2 });
  t.equal(made.inside, statSync(`${bucket.directory}/there/new/er`).ino);
  t.match(target(bucket, 'there/file'), { place: { kind: 'path' }, replaces: true, changed: 0 });
  t.match(target(bucket, 'top'), { place: { kind: 'path' }, inside: statSync(bucket.directory).ino });
});

t.test('what is in the way of a file sends it under keys/, and stays as it is', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'theirs', directory: { file: 'x' } }));
  symlinkSync('file', `${bucket.directory}/link`);
  symlinkSync('directory', `${bucket.directory}/linked`);
  spawnSync('mkfifo', [`${bucket.directory}/fifo`]);
  const before = readdirSync(bucket.directory).sort();
  for (const name of ['directory', 'link', 'linked', 'linked/file', 'fifo', 'file/below', 'file/a/b']) {
    const { place, inside } = target(bucket, name);
    t.same(place, hiddenPlace(name), name);
    t.equal(inside, statSync(`${bucket.directory}/.bucketree/keys`).ino);
  }
  t.same(readdirSync(bucket.directory).sort(), ['.bucketree', ...before]);
});

t.test('a link is replaced where links are followed', async (t) => {
  const bucket = bucketIn(t, { followSymlinks: true }, t.testdir({ file: 'theirs' }));
  symlinkSync('file', `${bucket.directory}/link`);
  t.match(target(bucket, 'link'), { place: { kind: 'path', path: 'link' }, replaces: true });
});

t.test('a directory object goes to a directory, there or not, and never over a file', async (t) => {
  const bucket = bucketIn(t, {}, t.testdir({ file: 'theirs', directory: {} }));
  symlinkSync('directory', `${bucket.directory}/link`);
  t.match(target(bucket, 'directory/', false), { place: { kind: 'path' }, replaces: true });
  t.match(target(bucket, 'new/', false), { place: { kind: 'path' }, replaces: false });
  t.notOk(existsSync(`${bucket.directory}/new`), 'making it is the caller’s');
  for (const name of ['file/', 'link/', 'file/below/'])
    t.same(target(bucket, name, false).place, hiddenPlace(name), name);
  t.same(target(bucket, 'new/', true).place, hiddenPlace('new/'), 'a body has no place in a directory');
});

t.test('keys no path can express always go under keys/', async (t) => {
  const bucket = bucketIn(t);
  for (const name of ['a//b', '../up', '.', 'a/./b', 'x'.repeat(300), 'a\0b', '/', '.bucketree/lock'])
    t.same(target(bucket, name).place, hiddenPlace(name), JSON.stringify(name).slice(0, 20));
  t.same(readdirSync(bucket.directory), ['.bucketree']);
});

t.test('what is left under keys/ of a key whose path came free is found', async (t) => {
  const bucket = bucketIn(t);
  t.equal(shadowed(bucket, 'a'), undefined);
  mkdirSync(`${bucket.directory}/a`);
  await put(bucket, key('a'), 'hidden');
  t.match(target(bucket, 'a'), { replaces: true, place: { kind: 'hidden' } });
  t.same(shadowed(bucket, 'a'), hiddenPlace('a'));
  rmdirSync(`${bucket.directory}/a`);
  writeFileSync(`${bucket.directory}/a`, 'x');
  t.same(shadowed(bucket, 'a'), hiddenPlace('a'));
  t.equal(shadowed(bucket, 'b'), undefined);
});
