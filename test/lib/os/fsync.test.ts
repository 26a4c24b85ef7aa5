import { readFileSync } from 'node:fs';
import t from 'tap';
import { dataSyncFd, startWriting, syncFd, syncFdNow } from '../../../lib/os/fsync.js';
import { O, closeFd, openAt, openDirectory, writeFd } from '../../../lib/os/open.js';

t.test('files and directories are synced', async (t) => {
  const root = openDirectory(t.testdir({ file: 'content' }));
  const fd = openAt(root, 'file', O.RDWR);
  await syncFd(fd);
  await dataSyncFd(fd);
  await syncFd(root);
  syncFdNow(fd);
  syncFdNow(root);
  closeFd(fd);
  closeFd(root);
  t.pass('without an error');
});

t.test('a failure is a system error, thrown or by the promise', async (t) => {
  const pathOnly = openAt(openDirectory(t.testdir({ file: '' })), 'file', O.PATH);
  await t.rejects(syncFd(pathOnly), { name: 'SystemError', code: 'EBADF', errno: 9, syscall: 'fsync' });
  await t.rejects(dataSyncFd(pathOnly), { name: 'SystemError', code: 'EBADF', syscall: 'fdatasync' });
  t.throws(() => syncFdNow(pathOnly), { name: 'SystemError', code: 'EBADF', syscall: 'fsync' });
  closeFd(pathOnly);
});

t.test('told to begin early, the disk has the bytes it is synced with later', async (t) => {
  const directory = t.testdir({ file: '' });
  const fd = openAt(openDirectory(directory), 'file', O.RDWR);
  writeFd(fd, Buffer.alloc(300_000, 7), 0, 300_000, 0);
  await Promise.all([startWriting(fd, 0, 100_000), startWriting(fd, 100_000, 0)]);
  await syncFd(fd);
  closeFd(fd);
  t.ok(readFileSync(`${directory}/file`).equals(Buffer.alloc(300_000, 7)));
});

t.test('a hint that cannot be followed is nobody’s failure', async (t) => {
  await startWriting(999_999, 0, 0);
  t.pass();
});
