import { ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import t from 'tap';
import { closeFd } from '../../../lib/os/open.js';
import { FALLOC, SEEK_DATA, SEEK_HOLE, allocate, seekFd } from '../../../lib/os/space.js';

t.test('space is taken, kept beyond the end, and given back', async (t) => {
  const path = `${t.testdir({})}/file`;
  const fd = openSync(path, 'w+');
  allocate(fd, 0, 0, 8192);
  t.match(statSync(path), { size: 8192, blocks: 16 });
  allocate(fd, FALLOC.KEEP_SIZE, 8192, 4096);
  t.match(statSync(path), { size: 8192, blocks: 24 });
  allocate(fd, FALLOC.PUNCH_HOLE | FALLOC.KEEP_SIZE, 0, 4096);
  t.match(statSync(path), { size: 8192, blocks: 16 });
  t.throws(() => allocate(fd, 0, -1, 1), { code: 'EINVAL', syscall: 'fallocate' });
  t.throws(() => allocate(fd, 0x4000, 0, 1), { code: 'EOPNOTSUPP' });
  closeFd(fd);
});

t.test('data and holes are found, far into a file', async (t) => {
  const fd = openSync(`${t.testdir({})}/file`, 'w+');
  const far = 3 * 2 ** 32;
  writeSync(fd, Buffer.alloc(4096, 1), 0, 4096, far);
  ftruncateSync(fd, far + 65_536);
  t.equal(seekFd(fd, 0, SEEK_HOLE), 0);
  t.equal(seekFd(fd, 0, SEEK_DATA), far);
  t.equal(seekFd(fd, far, SEEK_HOLE), far + 4096);
  t.throws(() => seekFd(fd, far + 8192, SEEK_DATA), { code: 'ENXIO', syscall: 'lseek' });
  closeFd(fd);
});
