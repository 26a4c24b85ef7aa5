import t from 'tap';
import { dataSyncFd, syncFd, syncFdNow } from '../../../lib/os/fsync.js';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';

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
