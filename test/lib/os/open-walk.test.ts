import { mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { O, closeFd, openDirectory, readFd, tryOpenBeneath } from '../../../lib/os/open.js';
import { walkBeneath } from '../../../lib/os/open-walk.js';
import { E } from '../../../lib/os/system-error.js';

/** A tree with every trap: links out, links in, loops, a file where a directory should be. */
function tree(t: Test): string {
  const directory = t.testdir({
    outside: { secret: 'secret' },
    root: { file: 'top', a: { file: 'deep', b: {} } },
  });
  const root = `${directory}/root`;
  symlinkSync('../outside', `${root}/out`);
  symlinkSync(`${directory}/outside`, `${root}/absolute`);
  symlinkSync('a', `${root}/in`);
  symlinkSync('a/../file', `${root}/around`);
  symlinkSync('b/../../file', `${root}/a/up`);
  symlinkSync('loop', `${root}/loop`);
  symlinkSync('file', `${root}/tofile`);
  symlinkSync('new', `${root}/dangling`);
  mkdirSync(`${root}/caf\u00e9`);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/caf\u00e9/`), Buffer.from([0xff, 0xfe])]), 'bytes');
  return root;
}

const PATHS = [
  '',
  '.',
  './',
  './/.',
  '/',
  '/etc/passwd',
  '..',
  '../root',
  '../outside/secret',
  'file',
  'file/',
  'file/.',
  'file/..',
  './file',
  'a',
  'a/',
  'a//file',
  'a/./file',
  'a/../file',
  'a/b/../../file',
  'a/../../outside/secret',
  'none',
  'none/x',
  'a/none',
  'file/x',
  'out',
  'out/',
  'out/secret',
  'absolute',
  'absolute/secret',
  'in',
  'in/',
  'in/file',
  'in/up',
  'around',
  'a/up',
  'loop',
  'loop/x',
  'tofile',
  'tofile/',
  'tofile/x',
  'dangling',
  'n'.repeat(256),
  'a/'.repeat(2100),
  'nul\0x',
];

/** The outcome of an open as something to compare: what was opened, or the negated errno. */
function outcome(fd: number): string | number {
  if (fd < 0) return fd;
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } finally {
    closeFd(fd);
  }
}

const FLAGS = {
  read: O.RDONLY | O.NONBLOCK,
  directory: O.RDONLY | O.DIRECTORY,
  path: O.PATH,
  'path of the link itself': O.PATH | O.NOFOLLOW,
  nofollow: O.RDONLY | O.NOFOLLOW,
};

for (const followSymlinks of [false, true]) {
  for (const [title, flags] of Object.entries(FLAGS)) {
    t.test(
      `the walk opens and refuses what openat2 does: ${title}, links ${followSymlinks ? 'followed' : 'refused'}`,
      async (t) => {
        const directory = tree(t);
        const root = openDirectory(directory);
        t.teardown(() => closeFd(root));
        const before = readdirSync('/proc/self/fd').length;
        for (const path of PATHS) {
          const kernel = outcome(tryOpenBeneath(root, path, flags, 0, { followSymlinks }));
          const walked = outcome(walkBeneath(root, path, flags, 0, followSymlinks));
          t.equal(walked, kernel, JSON.stringify(path.slice(0, 40)));
          if (typeof walked === 'string') t.ok(`${walked}/`.startsWith(`${directory}/`), 'it is beneath');
        }
        t.equal(readdirSync('/proc/self/fd').length, before, 'no descriptor is left open');
      },
    );
  }
}

t.test('names that are not UTF-8 are walked byte by byte', async (t) => {
  const root = openDirectory(tree(t));
  const path = Buffer.concat([Buffer.from('caf\u00e9/'), Buffer.from([0xff, 0xfe])]);
  const fd = walkBeneath(root, path, O.RDONLY, 0, false);
  const content = Buffer.alloc(10);
  t.equal(content.toString('utf8', 0, readFd(fd, content, 0, 10, 0)), 'bytes');
  closeFd(fd);
  closeFd(root);
});

t.test('creating goes where openat2 would create', async (t) => {
  const directory = tree(t);
  const root = openDirectory(directory);
  const flags = O.WRONLY | O.CREAT;
  t.equal(outcome(walkBeneath(root, 'a/created', flags, 0o600, false)), `${directory}/a/created`);
  t.equal(walkBeneath(root, 'a/created', flags | O.EXCL, 0o600, false), -E.EEXIST);
  t.equal(walkBeneath(root, 'dangling', flags, 0o600, false), -E.ELOOP);
  t.equal(walkBeneath(root, 'out/created', flags, 0o600, true), -E.EXDEV);
  t.equal(outcome(walkBeneath(root, 'dangling', flags, 0o600, true)), `${directory}/new`);
  closeFd(root);
});
