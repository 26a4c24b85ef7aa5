import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import t from 'tap';
import { linkAt, linkFd, mkdirAt, renameAt, rmdirAt, symlinkAt, unlinkAt } from '../../../lib/os/link.js';
import { O, closeFd, openAt, openDirectory, openTemporary, writeFd } from '../../../lib/os/open.js';
import { startNode } from './another-process.js';

t.test('an open file gains a name, once, without replacing another', async (t) => {
  const directory = t.testdir({ taken: 'before' });
  const root = openDirectory(directory);
  const fd = openTemporary(root, 0o600) ?? openAt(root, 'scratch', O.RDWR | O.CREAT, 0o600);
  writeFd(fd, Buffer.from('body'), 0, 4, 0);
  t.throws(() => linkFd(fd, root, 'taken'), { code: 'EEXIST', syscall: 'linkat' });
  t.equal(readFileSync(`${directory}/taken`, 'utf8'), 'before');
  linkFd(fd, root, Buffer.from([0x6e, 0xff]));
  t.equal(readFileSync(Buffer.concat([Buffer.from(`${directory}/n`), Buffer.from([0xff])]), 'utf8'), 'body');
  linkFd(fd, root, 'second');
  t.equal(readFileSync(`${directory}/second`, 'utf8'), 'body');
  t.throws(() => linkFd(fd, root, '../out'), { code: 'EINVAL' });
  closeFd(fd);
  t.throws(() => linkFd(fd, root, 'third'), { code: /EBADF|ENOENT/ });
  closeFd(root);
});

const rootOnly = process.getuid?.() !== 0 && 'needs root to become another user';

t.test(
  'a user without privileges names nameless files, opened by it or given to it',
  { skip: rootOnly },
  async (t) => {
    const other = await startNode(`
    import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
    import { openDirectory, openTemporary } from '$LIBopen.js';
    import { linkFd } from '$LIBlink.js';
    import { setOwner } from '$LIBowner.js';
    const directory = mkdtempSync('/tmp/link-test-');
    const root = openDirectory(directory);
    setOwner(root, 65534, -1);
    const given = openTemporary(root, 0o600);
    setOwner(given, 65534, -1);
    console.log('ready');
    process.stdin.once('data', () => {
      process.seteuid(65534);
      linkFd(openTemporary(root, 0o600), root, 'opened');
      linkFd(given, root, 'given');
      linkFd(openTemporary(root, 0o600), root, 'third');
      process.seteuid(0);
      console.log(readdirSync(directory).sort().join(' '));
      rmSync(directory, { recursive: true });
    });
  `);
    t.equal(await other.ask('go'), 'given opened third');
    await other.end();
  },
);

t.test('a file gains a second name; a link is linked as itself', async (t) => {
  const directory = t.testdir({ file: 'x', sub: {} });
  symlinkSync('file', `${directory}/link`);
  const root = openDirectory(directory);
  const sub = openDirectory(`${directory}/sub`);
  linkAt(root, 'file', sub, 'again');
  t.equal(statSync(`${directory}/sub/again`).ino, statSync(`${directory}/file`).ino);
  linkAt(root, 'link', sub, 'link');
  t.ok(lstatSync(`${directory}/sub/link`).isSymbolicLink());
  t.throws(() => linkAt(root, 'none', sub, 'x'), { code: 'ENOENT' });
  t.throws(() => linkAt(root, 'file', sub, 'again'), { code: 'EEXIST' });
  closeFd(root);
  closeFd(sub);
});

t.test('renaming replaces, refuses to replace, or swaps, as told', async (t) => {
  const directory = t.testdir({ a: 'a', b: 'b', sub: {} });
  const root = openDirectory(directory);
  const sub = openDirectory(`${directory}/sub`);
  const read = (name: string): string => readFileSync(`${directory}/${name}`, 'utf8');
  t.throws(() => renameAt(root, 'a', root, 'b', { noReplace: true }), {
    code: 'EEXIST',
    syscall: 'renameat2',
  });
  renameAt(root, 'a', root, 'b', { exchange: true });
  t.same([read('a'), read('b')], ['b', 'a']);
  t.throws(() => renameAt(root, 'a', root, 'none', { exchange: true }), { code: 'ENOENT' });
  renameAt(root, 'a', sub, 'fresh', { noReplace: true });
  t.equal(read('sub/fresh'), 'b');
  renameAt(root, 'b', sub, 'fresh');
  t.equal(read('sub/fresh'), 'a');
  t.same(readdirSync(directory), ['sub']);
  t.throws(() => renameAt(root, '../x', root, 'y'), { code: 'EINVAL' });
  t.throws(() => renameAt(root, 'x', root, 'y\0'), { code: 'EINVAL' });
  closeFd(root);
  closeFd(sub);
});

t.test('directories are made and removed, files unlinked, each only by its own call', async (t) => {
  const directory = t.testdir({ file: '', full: { x: '' } });
  const root = openDirectory(directory);
  mkdirAt(root, 'made', 0o750);
  t.equal(statSync(`${directory}/made`).mode & 0o777, 0o750 & ~process.umask());
  t.throws(() => mkdirAt(root, 'made', 0o750), { code: 'EEXIST' });
  t.throws(() => unlinkAt(root, 'made'), { code: 'EISDIR' });
  t.throws(() => rmdirAt(root, 'file'), { code: 'ENOTDIR' });
  t.throws(() => rmdirAt(root, 'full'), { code: /ENOTEMPTY|EEXIST/ });
  rmdirAt(root, 'made');
  unlinkAt(root, 'file');
  t.throws(() => unlinkAt(root, 'file'), { code: 'ENOENT' });
  t.same(readdirSync(directory), ['full']);
  t.throws(() => unlinkAt(root, 'full/x'), { code: 'EINVAL' });
  t.ok(existsSync(`${directory}/full/x`));
  closeFd(root);
});

t.test('a symbolic link holds the text it was given, and unlinking removes the link alone', async (t) => {
  const directory = t.testdir({ target: '' });
  mkdirSync(`${directory}/d`);
  writeFileSync(`${directory}/d/x`, '');
  const root = openDirectory(directory);
  symlinkAt('../any/where', root, 'link');
  t.equal(readlinkSync(`${directory}/link`), '../any/where');
  unlinkAt(root, 'link');
  symlinkAt('target', root, 'link');
  unlinkAt(root, 'link');
  t.ok(existsSync(`${directory}/target`));
  t.throws(() => symlinkAt('a\0b', root, 'link'), { code: 'EINVAL' });
  closeFd(root);
});
