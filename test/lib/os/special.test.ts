import { constants, lstatSync, symlinkSync } from 'node:fs';
import t from 'tap';
import { withUmask } from '../../../lib/os/credentials.js';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { mknodAt, readLinkFd } from '../../../lib/os/special.js';
import { fullStatFd } from '../../../lib/os/stat.js';

t.test('every kind of entry can be made', async (t) => {
  const directory = t.testdir({});
  const root = openDirectory(directory);
  t.teardown(() => closeFd(root));
  withUmask(0, () => {
    mknodAt(root, 'fifo', constants.S_IFIFO | 0o640, 0);
    mknodAt(root, Buffer.from('socket'), constants.S_IFSOCK | 0o600, 0);
    mknodAt(root, 'file', constants.S_IFREG | 0o604, 0);
  });
  t.ok(lstatSync(`${directory}/fifo`).isFIFO());
  t.ok(lstatSync(`${directory}/socket`).isSocket());
  t.equal(lstatSync(`${directory}/file`).mode, constants.S_IFREG | 0o604);
  t.throws(() => mknodAt(root, 'fifo', constants.S_IFIFO, 0), { code: 'EEXIST', syscall: 'mknodat' });
  t.throws(() => mknodAt(root, '../x', constants.S_IFIFO, 0), { code: 'EINVAL' });
  t.test('devices keep their numbers', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
    for (const [name, rdev] of Object.entries({ null: 0x103, large: 0x1234_567f })) {
      mknodAt(root, name, constants.S_IFCHR | 0o600, rdev);
      const fd = openAt(root, name, O.PATH);
      t.equal(fullStatFd(fd).rdev, rdev);
      t.equal(lstatSync(`${directory}/${name}`).rdev, rdev);
      closeFd(fd);
    }
  });
});

t.test('a symbolic link is read as bytes', async (t) => {
  const directory = t.testdir({ file: '' });
  const root = openDirectory(directory);
  const targets = { short: Buffer.from([0x2e, 0xff, 0x2f]), long: Buffer.from('n'.repeat(4095)) };
  for (const [name, target] of Object.entries(targets)) {
    symlinkSync(target, `${directory}/${name}`);
    const fd = openAt(root, name, O.PATH);
    t.same(readLinkFd(fd), target);
    closeFd(fd);
  }
  const file = openAt(root, 'file', O.PATH);
  t.throws(() => readLinkFd(file), { code: 'ENOENT' });
  closeFd(file);
  closeFd(root);
});
