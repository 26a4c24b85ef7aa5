import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { getAttribute, setAttribute } from '../../../lib/os/attributes.js';
import { ATTRIBUTE } from '../../../lib/store/layout.js';
import { followDirectory, inheritFrom } from '../../../lib/store/ownership.js';
import { bucketIn, key } from './bucket-in.js';
import { put } from './objects.js';

const notRoot = process.getuid?.() !== 0 && 'needs root to change owners';

t.test('new files and directories follow the directory they appear in', { skip: notRoot }, async (t) => {
  const bucket = bucketIn(t);
  const dir = `${bucket.directory}/dir`;
  mkdirSync(dir);
  chownSync(dir, 1234, 5678);
  chmodSync(dir, 0o2755);
  await put(bucket, key('dir/deep/file'), 'x');
  for (const path of [`${dir}/deep`, `${dir}/deep/file`])
    t.match(statSync(path), { uid: 1234, gid: 5678 }, path);
  t.equal(statSync(`${dir}/deep`).mode & 0o2000, 0o2000, 'setgid is handed on');
  t.equal(statSync(`${dir}/deep/file`).mode & 0o7777, 0o666 & ~process.umask());
});

t.test('--owner and --umask override', { skip: notRoot }, async (t) => {
  const bucket = bucketIn(t, { owner: { uid: 11, gid: 22 }, umask: 0o027 });
  await put(bucket, key('dir/file'), 'x');
  t.match(statSync(`${bucket.directory}/dir`), { uid: 11, gid: 22 });
  t.equal(statSync(`${bucket.directory}/dir`).mode & 0o777, 0o750);
  t.match(statSync(`${bucket.directory}/dir/file`), { uid: 11, gid: 22 });
  t.equal(statSync(`${bucket.directory}/dir/file`).mode & 0o777, 0o640);
});

t.test('replacing a person’s file keeps what is theirs', async (t) => {
  const bucket = bucketIn(t, { umask: 0o077 });
  const path = `${bucket.directory}/file`;
  writeFileSync(path, 'theirs');
  chmodSync(path, 0o4664);
  const acl = spawnSync('setfacl', ['-m', 'u:12:r', path]).status === 0;
  const fd = openSync(path, 'r');
  setAttribute(fd, 'user.theirs', Buffer.from('kept'));
  closeSync(fd);
  if (notRoot === false) chownSync(path, 1234, 5678);
  chmodSync(path, 0o4664);
  const mode = statSync(path).mode & 0o1777;
  await put(bucket, key('file'), 'ours');
  const now = statSync(path);
  t.equal(now.mode & 0o7777, mode, 'mode, without set-user-ID');
  if (notRoot === false) t.match(now, { uid: 1234, gid: 5678 });
  const replaced = openSync(path, 'r');
  t.equal(getAttribute(replaced, 'user.theirs')?.toString(), 'kept');
  closeSync(replaced);
  if (acl) t.match(spawnSync('getfacl', ['-n', path], { encoding: 'utf8' }).stdout, /user:12:r/);
});

t.test('our own attribute is not inherited', async (t) => {
  const directory = t.testdir({ old: 'old', new: 'new' });
  const [from, to] = [openSync(`${directory}/old`, 'r+'), openSync(`${directory}/new`, 'r+')];
  setAttribute(from, ATTRIBUTE, Buffer.from([1, 0]));
  setAttribute(from, 'user.other', Buffer.from('x'));
  inheritFrom(from, to);
  t.equal(getAttribute(to, ATTRIBUTE), undefined);
  t.equal(getAttribute(to, 'user.other')?.toString(), 'x');
  const parent = openSync(directory, 'r');
  followDirectory({ owner: undefined, umask: 0o007 }, parent, to, false);
  t.equal(statSync(`${directory}/new`).mode & 0o777, 0o660);
  [from, to, parent].forEach(closeSync);
});
