import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import {
  O,
  closeFd,
  closeLater,
  openAt,
  openBeneath,
  openDirectory,
  openParent,
  openTemporary,
  readFd,
  tryOpenAt,
  tryOpenBeneath,
  writeFd,
} from '../../../lib/os/open.js';
import { walkBeneath } from '../../../lib/os/open-walk.js';
import { linkFd } from '../../../lib/os/link.js';
import { E } from '../../../lib/os/system-error.js';
import { tryMount } from './mounted.js';

function contentOf(fd: number): string {
  const buffer = Buffer.alloc(64);
  return buffer.toString('utf8', 0, readFd(fd, buffer, 0, buffer.length, 0));
}

t.test('a path opens what lies beneath, and nothing else', async (t) => {
  const directory = t.testdir({ root: { a: { file: 'deep' } }, secret: 'secret' });
  const root = openDirectory(`${directory}/root`);
  t.teardown(() => closeFd(root));
  for (const path of ['a/file', Buffer.from('a/file')]) {
    const fd = openBeneath(root, path, O.RDONLY);
    t.equal(contentOf(fd), 'deep');
    closeFd(fd);
  }
  for (const path of ['', '.']) {
    const fd = openBeneath(root, path, O.PATH);
    t.equal(readlinkSync(`/proc/self/fd/${fd}`), `${directory}/root`);
    closeFd(fd);
  }
  const refusals = {
    '../secret': 'EXDEV',
    '/etc/passwd': 'EXDEV',
    none: 'ENOENT',
    'a/file/x': 'ENOTDIR',
    'a\0': 'EINVAL',
  };
  for (const [path, code] of Object.entries(refusals)) {
    t.throws(() => openBeneath(root, path, O.RDONLY), { code, syscall: 'openat2' }, path);
    t.equal(tryOpenBeneath(root, path, O.RDONLY), -(E as Record<string, number>)[code]!);
  }
});

t.test('links are refused, or followed while they stay beneath', async (t) => {
  const directory = t.testdir({ root: { file: 'top', a: {} }, secret: 'secret' });
  const root = openDirectory(`${directory}/root`);
  t.teardown(() => closeFd(root));
  symlinkSync('../file', `${directory}/root/a/in`);
  symlinkSync('../../secret', `${directory}/root/a/out`);
  symlinkSync(`${directory}/secret`, `${directory}/root/a/absolute`);
  symlinkSync('/proc/self/root', `${directory}/root/a/magic`);
  for (const name of ['in', 'out', 'absolute', 'magic/etc'])
    t.equal(tryOpenBeneath(root, `a/${name}`, O.RDONLY), -E.ELOOP);
  const follow = { followSymlinks: true };
  const fd = openBeneath(root, 'a/in', O.RDONLY, 0, follow);
  t.equal(contentOf(fd), 'top');
  closeFd(fd);
  for (const name of ['out', 'absolute', 'magic/etc']) {
    t.throws(() => openBeneath(root, `a/${name}`, O.RDONLY, 0, follow), { code: 'EXDEV' }, name);
  }
});

t.test('mounts below the root are entered', async (t) => {
  const { refused, parent, path } = tryMount(t, 'ramfs');
  t.test('a file on a ramfs', { skip: refused }, async (t) => {
    writeFileSync(`${path}/file`, 'elsewhere');
    const root = openDirectory(parent);
    const fd = openBeneath(root, 'mnt/file', O.RDONLY);
    t.equal(contentOf(fd), 'elsewhere');
    closeFd(fd);
    closeFd(root);
  });
});

const OPENERS = {
  openat2: (root: number, path: string) => tryOpenBeneath(root, path, O.RDONLY),
  'the walk': (root: number, path: string) => walkBeneath(root, path, O.RDONLY, 0, false),
};

for (const [title, open] of Object.entries(OPENERS)) {
  t.test(
    `a directory swapped with a link outwards while it is opened never leads out: ${title}`,
    async (t) => {
      const directory = t.testdir({ root: { door: { file: 'inside' } }, outside: { file: 'outside' } });
      symlinkSync('../outside', `${directory}/root/link`);
      const url = (name: string): string =>
        JSON.stringify(new URL(`../../../lib/os/${name}.js`, import.meta.url).href);
      const shared = new Int32Array(new SharedArrayBuffer(8));
      const text = `
      const { workerData } = require('node:worker_threads');
      Promise.all([import(${url('link')}), import(${url('open')})]).then(([link, open]) => {
        const root = open.openDirectory(workerData.root);
        do link.renameAt(root, 'door', root, 'link', { exchange: true });
        while (Atomics.add(workerData.shared, 0, 1) < 1e6 && Atomics.load(workerData.shared, 1) === 0);
      });`;
      const worker = new Worker(text, { eval: true, workerData: { root: `${directory}/root`, shared } });
      const ended = new Promise((resolve) => void worker.once('exit', resolve));
      while (Atomics.load(shared, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      const root = openDirectory(`${directory}/root`);
      const seen = new Map<string, number>();
      for (let turn = 0; turn < 20_000; turn += 1) {
        const fd = open(root, 'door/file');
        const answer = fd < 0 ? String(fd) : contentOf(fd);
        seen.set(answer, (seen.get(answer) ?? 0) + 1);
        if (fd >= 0) closeFd(fd);
      }
      Atomics.store(shared, 1, 1);
      t.equal(await ended, 0, 'the swapping thread saw no error');
      closeFd(root);
      t.notOk(seen.has('outside'), [...seen].join(' '));
      const harmless = ['inside', String(-E.ELOOP), String(-E.EAGAIN), String(-E.ENOTDIR), String(-E.ENOENT)];
      t.same(
        [...seen.keys()].filter((answer) => !harmless.includes(answer)),
        [],
      );
    },
  );
}

const refusedTracing =
  spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0 ? false : 'needs strace';

for (const errno of ['ENOSYS', 'EPERM']) {
  t.test(
    `where the kernel answers openat2 with ${errno}, files open all the same and links do not`,
    { skip: refusedTracing },
    async (t) => {
      const directory = t.testdir({ file: 'still', outside: '' });
      symlinkSync('file', `${directory}/link`);
      const url = JSON.stringify(new URL('../../../lib/os/open.js', import.meta.url).href);
      const text = `
      import { openDirectory, tryOpenBeneath, readFd } from ${url};
      const root = openDirectory(${JSON.stringify(directory)});
      const content = Buffer.alloc(5);
      readFd(tryOpenBeneath(root, 'file', 0), content, 0, 5, 0);
      console.log(content.toString(), tryOpenBeneath(root, 'link', 0), tryOpenBeneath(root, '../x', 0), tryOpenBeneath(root, 'none', 0));`;
      const trace = [
        '-f',
        '-qq',
        '--seccomp-bpf',
        '-e',
        'trace=openat2',
        '-e',
        `inject=openat2:error=${errno}`,
        '-o',
        '/dev/null',
      ];
      const run = spawnSync('strace', [...trace, process.execPath, '--input-type=module', '-e', text], {
        encoding: 'utf8',
      });
      t.equal(run.stdout.trim(), `still ${-E.ELOOP} ${-E.EXDEV} ${-E.ENOENT}`, run.stderr);
    },
  );
}

t.test('one entry of a directory is opened, never what a link names, never elsewhere', async (t) => {
  const directory = t.testdir({ file: 'content', outside: '' });
  symlinkSync('file', `${directory}/link`);
  const root = openDirectory(directory);
  t.teardown(() => closeFd(root));
  const fd = openAt(root, Buffer.from('file'), O.RDONLY);
  t.equal(contentOf(fd), 'content');
  closeFd(fd);
  t.throws(() => openAt(root, 'link', O.RDONLY), { code: 'ELOOP' });
  t.throws(() => openAt(root, '..', O.RDONLY), { code: 'EINVAL' });
  t.throws(() => openAt(root, 'a/b', O.RDONLY), { code: 'EINVAL' });
  t.equal(tryOpenAt(root, 'none', O.RDONLY), -E.ENOENT);
  t.equal(tryOpenAt(root, 'no\0ne', O.RDONLY), -E.EINVAL);
  closeFd(openAt(root, 'new', O.WRONLY | O.CREAT | O.EXCL, 0o640));
  t.equal(statSync(`${directory}/new`).mode & 0o777, 0o640 & ~process.umask());
  t.throws(() => openAt(root, 'new', O.WRONLY | O.CREAT | O.EXCL, 0o640), { code: 'EEXIST' });
});

t.test('names that are not UTF-8 are opened as the bytes they are', async (t) => {
  const directory = t.testdir({});
  const name = Buffer.from([0x66, 0xff, 0xc3, 0x28]);
  writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), 'raw');
  const root = openDirectory(directory);
  for (const fd of [openAt(root, name, O.RDONLY), openBeneath(root, name, O.RDONLY)]) {
    t.equal(contentOf(fd), 'raw');
    closeFd(fd);
  }
  closeFd(root);
});

t.test('descriptors are not handed to the programs that are started', async (t) => {
  const root = openDirectory(t.testdir({ file: '' }));
  const fd = openBeneath(root, 'file', O.RDONLY);
  for (const opened of [root, fd]) {
    const flags = /flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${opened}`, 'utf8'))?.[1] ?? '0';
    t.ok(Number.parseInt(flags, 8) & O.CLOEXEC);
    closeFd(opened);
  }
});

t.test('a root is a directory or an error', async (t) => {
  const directory = t.testdir({ file: '' });
  t.throws(() => openDirectory(`${directory}/file`), { code: 'ENOTDIR' });
  t.throws(() => openDirectory(`${directory}/none`), { code: 'ENOENT' });
  symlinkSync('.', `${directory}/here`);
  closeFd(openDirectory(`${directory}/here`));
});

t.test('a temporary file has no name until it is given one', async (t) => {
  const directory = t.testdir({});
  const root = openDirectory(directory);
  const fd = openTemporary(root, 0o600);
  if (fd === undefined) return t.pass('this filesystem has no O_TMPFILE');
  writeFd(fd, Buffer.from('later'), 0, 5, 0);
  t.notOk(existsSync(`${directory}/named`));
  linkFd(fd, root, 'named');
  t.equal(readFileSync(`${directory}/named`, 'utf8'), 'later');
  closeFd(fd);
  closeFd(root);
});

t.test('a directory that was removed takes no nameless file, as it takes no other entry', async (t) => {
  const directory = t.testdir({ gone: {} });
  const gone = openDirectory(`${directory}/gone`);
  rmdirSync(`${directory}/gone`);
  t.throws(() => openTemporary(gone, 0o600), { code: 'ENOENT' });
  closeFd(gone);
});

t.test('where nameless files do not exist the answer is undefined', async (t) => {
  const proc = openDirectory('/proc/self/task');
  t.equal(openTemporary(proc, 0o600), undefined);
  closeFd(proc);
  t.throws(() => openTemporary(-1, 0o600), { code: 'EBADF' });
});

t.test('reading stops at the end of the file and writing does not stop before all is written', async (t) => {
  const directory = t.testdir({ file: '0123456789' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDWR);
  const buffer = Buffer.alloc(8, '.');
  t.equal(readFd(fd, buffer, 2, 4, 3), 4);
  t.equal(buffer.toString(), '..3456..');
  t.equal(readFd(fd, buffer, 0, 8, 7), 3);
  t.equal(readFd(fd, buffer, 0, 8, 100), 0);
  writeFd(fd, Buffer.from('abcdef'), 1, 3, 9);
  t.equal(readFileSync(`${directory}/file`, 'utf8'), '012345678bcd');
  const large = Buffer.alloc(3 * 1024 * 1024, 'x');
  writeFd(fd, large, 0, large.length, 1);
  const back = Buffer.alloc(large.length);
  t.equal(readFd(fd, back, 0, back.length, 1), back.length);
  t.ok(back.equals(large));
  closeFd(fd);
  t.throws(() => readFd(fd, buffer, 0, 1, 0), { code: 'EBADF', syscall: 'pread' });
  t.throws(() => writeFd(-1, buffer, 0, 1, 0), { code: 'EBADF', syscall: 'pwrite' });
  t.throws(() => closeFd(-1), { code: 'EBADF', syscall: 'close' });
  closeFd(root);
});

t.test('no call touches memory outside the buffer', async (t) => {
  const directory = t.testdir({ file: 'x'.repeat(100) });
  mkdirSync(`${directory}/sub`);
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDWR);
  const buffer = Buffer.alloc(10);
  for (const [offset, length] of [
    [0, 11],
    [5, 6],
    [-1, 2],
    [11, 1],
    [Number.NaN, 1],
  ] as const) {
    t.throws(() => readFd(fd, buffer, offset, length, 0), RangeError);
    t.throws(() => writeFd(fd, buffer, offset, length, 0), RangeError);
  }
  closeFd(fd);
  closeFd(root);
});

t.test('the directory above is reached from a descriptor, wherever it has been moved', async (t) => {
  const directory = t.testdir({ a: { b: {} } });
  const below = openDirectory(`${directory}/a/b`);
  const above = openParent(below, O.PATH);
  t.equal(readlinkSync(`/proc/self/fd/${above}`), `${directory}/a`);
  t.throws(() => openAt(below, '..', O.PATH), { code: 'EINVAL' }, 'as an entry it is refused');
  closeFd(above);
  closeFd(below);
});

t.test('a descriptor closed later is closed all the same', async (t) => {
  const directory = t.testdir({ f: '' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'f', O.RDONLY);
  closeLater(fd);
  for (let tries = 0; existsSync(`/proc/self/fd/${fd}`) && tries < 1000; tries++) await setImmediate();
  t.notOk(existsSync(`/proc/self/fd/${fd}`));
  closeFd(root);
});
