import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { O, closeFd, openAt, openDirectory, readFd, writeFd } from '../../../lib/os/open.js';
import { duplicate, reopen } from '../../../lib/os/reopen.js';

t.test('what a descriptor holds is opened anew, whatever its name leads to by now', async (t) => {
  const directory = t.testdir({ file: 'held' });
  const root = openDirectory(directory);
  const held = openAt(root, 'file', O.PATH);
  renameSync(`${directory}/file`, `${directory}/moved`);
  writeFileSync(`${directory}/file`, 'other');
  const fd = reopen(held, O.RDWR);
  const content = Buffer.alloc(4);
  readFd(fd, content, 0, 4, 0);
  t.equal(content.toString(), 'held');
  writeFd(fd, Buffer.from('HELD'), 0, 4, 0);
  t.equal(readFileSync(`${directory}/moved`, 'utf8'), 'HELD');
  [fd, held, root].forEach(closeFd);
});

t.test('a descriptor that is not open cannot be opened anew', async (t) => {
  t.throws(() => reopen(999_999, O.RDONLY), { code: 'ENOENT', syscall: 'open' });
});

t.test('a duplicate is the same open file, and outlives the first descriptor', async (t) => {
  const root = openDirectory(t.testdir({ file: 'content' }));
  const fd = openAt(root, 'file', O.RDONLY);
  const copy = duplicate(fd);
  closeFd(fd);
  const content = Buffer.alloc(7);
  readFd(copy, content, 0, 7, 0);
  t.equal(content.toString(), 'content');
  [copy, root].forEach(closeFd);
  t.throws(() => duplicate(copy), { code: 'EBADF', syscall: 'fcntl' });
});
