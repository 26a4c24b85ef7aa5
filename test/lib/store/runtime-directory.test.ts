import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import {
  isTrusted,
  isTrustedSocket,
  openRuntimeDirectory,
  runtimeDirectories,
} from '../../../lib/store/runtime-directory.js';
import { socketDirectory } from './mount-door.js';

const UID = process.getuid?.() ?? 0;

t.test('the system directory first, then the one of the session', async (t) => {
  t.strictSame(runtimeDirectories({}), ['/run/bucketree']);
  t.strictSame(runtimeDirectories({ XDG_RUNTIME_DIR: '/run/user/7' }), [
    '/run/bucketree',
    '/run/user/7/bucketree',
  ]);
  t.strictSame(runtimeDirectories({ XDG_RUNTIME_DIR: 'relative' }), ['/run/bucketree']);
});

t.test('a directory is made where it is missing, and the first that will do is taken', async (t) => {
  const base = socketDirectory(t);
  const wanted = join(base, 'bucketree');
  t.equal(openRuntimeDirectory([join(base, 'no', 'such'), wanted], UID), wanted);
  t.equal(lstatSync(wanted).mode & 0o022, 0, 'writable by its owner alone');
  t.equal(openRuntimeDirectory([wanted], UID), wanted, 'a second time');
  t.equal(openRuntimeDirectory([], UID), undefined);
});

t.test('a directory others may write into is not used, nor what is no directory', async (t) => {
  const base = socketDirectory(t);
  const open = join(base, 'open');
  mkdirSync(open);
  chmodSync(open, 0o777);
  const link = join(base, 'link');
  const real = join(base, 'real');
  mkdirSync(real);
  symlinkSync(real, link);
  const file = join(base, 'file');
  writeFileSync(file, '');
  for (const path of [open, link, file]) t.equal(openRuntimeDirectory([path], UID), undefined, path);
  t.strictSame(readdirSync(real), []);
});

t.test("another user's directory and socket are not believed, root's are", async (t) => {
  const base = socketDirectory(t);
  const path = join(base, 's');
  const server = createServer().listen(path);
  await once(server, 'listening');
  t.teardown(() => server.close());
  const directory = lstatSync(base);
  const socket = lstatSync(path);
  const strangers = { ...directory, uid: UID + 1 } as typeof directory;
  Object.setPrototypeOf(strangers, Object.getPrototypeOf(directory) as object);
  t.ok(isTrusted(base, directory, UID));
  t.equal(isTrusted(base, strangers, UID), false);
  t.ok(isTrusted('/run/bucketree', strangers, UID), 'only root can have made it in /run');
  t.ok(isTrustedSocket(socket, directory, UID));
  t.equal(isTrustedSocket(directory, directory, UID), false, 'not a socket');
  const theirs = Object.assign(Object.create(socket) as typeof socket, { uid: UID + 1 });
  t.equal(isTrustedSocket(theirs, directory, UID), false);
});
