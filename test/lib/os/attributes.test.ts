import { symlinkSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import {
  getAttribute,
  getAttributeAt,
  getAttributeByPath,
  listAttributes,
  removeAttribute,
  setAttribute,
  supportsAttributes,
} from '../../../lib/os/attributes.js';
import { cString } from '../../../lib/os/c-string.js';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { isErrno } from '../../../lib/os/system-error.js';
import { tryMount } from './mounted.js';

function opened(t: Test): { directory: string; root: number; fd: number } {
  const directory = t.testdir({ file: 'content' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDONLY);
  t.teardown(() => [fd, root].forEach(closeFd));
  return { directory, root, fd };
}

const probe = openDirectory('.');
const unsupported =
  !supportsAttributes(probe) && 'the filesystem of the working directory has no user attributes';
closeFd(probe);

t.test('what is set is got, through a descriptor open for reading', { skip: unsupported }, async (t) => {
  const { root, fd } = opened(t);
  for (const size of [0, 1, 300, 2048, 2049, 3500]) {
    const value = Buffer.alloc(size, `${size}\0é`);
    setAttribute(fd, 'user.test', value);
    t.ok(getAttribute(fd, 'user.test')?.equals(value), `${size} bytes`);
    t.ok(getAttributeAt(root, 'file', 'user.test')?.equals(value), `${size} bytes by name`);
    t.ok(
      getAttributeByPath(root, 'file', 'user.test')?.equals(value),
      `${size} bytes by name, before Linux 6.13`,
    );
  }
});

t.test('a value got is the caller’s own', { skip: unsupported }, async (t) => {
  const { fd } = opened(t);
  setAttribute(fd, 'user.a', Buffer.from('first'));
  setAttribute(fd, 'user.b', Buffer.from('other'));
  const first = getAttribute(fd, 'user.a');
  getAttribute(fd, 'user.b');
  t.equal(first?.toString(), 'first');
});

t.test('what is absent is undefined, and may be removed', { skip: unsupported }, async (t) => {
  const { root, fd } = opened(t);
  t.equal(getAttribute(fd, 'user.none'), undefined);
  t.equal(getAttributeAt(root, 'file', 'user.none'), undefined);
  removeAttribute(fd, 'user.none');
  setAttribute(fd, 'user.here', Buffer.from('x'));
  removeAttribute(fd, 'user.here');
  t.equal(getAttribute(fd, 'user.here'), undefined);
});

t.test('names are listed, however many', { skip: unsupported }, async (t) => {
  const { fd } = opened(t);
  t.same(
    listAttributes(fd).filter((name) => name.startsWith('user.')),
    [],
  );
  const names = Array.from({ length: 25 }, (_, index) => `user.${'long-name-'.repeat(9)}${index}`);
  for (const name of names) setAttribute(fd, name, Buffer.alloc(0));
  t.same(
    listAttributes(fd)
      .filter((name) => name.startsWith('user.'))
      .toSorted(),
    names.toSorted(),
  );
});

t.test('a value that does not fit says so and leaves the old one', { skip: unsupported }, async (t) => {
  const { fd } = opened(t);
  setAttribute(fd, 'user.test', Buffer.from('old'));
  try {
    setAttribute(fd, 'user.test', Buffer.alloc(65_537));
    t.fail('larger than Linux allows');
  } catch (error) {
    t.ok(isErrno(error, 'E2BIG', 'ENOSPC', 'ERANGE'), String(error));
  }
  try {
    setAttribute(fd, 'user.test', Buffer.alloc(65_536, 'y'));
    t.equal(getAttribute(fd, 'user.test')?.length, 65_536, 'a filesystem with room gives all of it back');
  } catch (error) {
    t.ok(isErrno(error, 'E2BIG', 'ENOSPC', 'ERANGE', 'EDQUOT'), String(error));
    t.equal(getAttribute(fd, 'user.test')?.toString(), 'old');
  }
});

t.test('links are not followed and names do not lead out', { skip: unsupported }, async (t) => {
  const { directory, root, fd } = opened(t);
  setAttribute(fd, 'user.test', Buffer.from('behind'));
  symlinkSync('file', `${directory}/link`);
  const raw = Buffer.from('file');
  t.equal(getAttributeAt(root, raw, 'user.test')?.toString(), 'behind');
  t.equal(getAttributeByPath(root, cString(raw, 'test'), 'user.test')?.toString(), 'behind');
  t.equal(getAttributeByPath(root, 'file', 'user.none'), undefined);
  t.throws(() => getAttributeByPath(root, 'none', 'user.test'), { code: 'ENOENT' });
  try {
    t.equal(getAttributeAt(root, 'link', 'user.test'), undefined);
  } catch (error) {
    t.ok(isErrno(error, 'EPERM', 'EOPNOTSUPP'), 'links have no user attributes');
  }
  t.throws(() => getAttributeAt(root, '../x', 'user.test'), { code: 'EINVAL' });
  t.throws(() => getAttributeAt(root, 'none', 'user.test'), { code: 'ENOENT' });
  t.throws(() => setAttribute(fd, 'user.a\0b', Buffer.alloc(0)), { code: 'EINVAL' });
  t.throws(() => getAttribute(-1, 'user.test'), { code: 'EBADF' });
});

t.test('a filesystem without attributes is told from one with', async (t) => {
  const { refused, path } = tryMount(t, 'ramfs');
  t.test('ramfs has none', { skip: refused }, async (t) => {
    const root = openDirectory(path);
    const fd = openAt(root, 'file', O.RDWR | O.CREAT, 0o600);
    t.equal(supportsAttributes(fd), false);
    t.throws(() => setAttribute(fd, 'user.test', Buffer.from('x')), { code: 'EOPNOTSUPP' });
    t.throws(() => getAttribute(fd, 'user.test'), { code: 'EOPNOTSUPP' });
    t.same(listAttributes(fd), []);
    closeFd(fd);
    closeFd(root);
  });
  t.throws(() => supportsAttributes(-1), { code: 'EBADF' });
});
