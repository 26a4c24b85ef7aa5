import { constants, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { O } from '../../../lib/os/open.js';
import { ROOT } from '../../../mount/filesystem/filesystem.js';
import { filesystemIn } from './filesystem-in.js';
import { outcome, ROOT_USER } from './little-kernel.js';

t.test('a file is made, written, read and closed', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  const file = await kernel.open('f', O.RDWR | O.CREAT | O.EXCL, 0o640);
  t.equal(await kernel.write(file, 'content'), 7);
  t.equal((await kernel.read(file, 3)).toString(), 'tent');
  t.equal(kernel.fstat(file).size, 7);
  await kernel.close(file);
  t.equal(readFileSync(`${directory}/f`, 'latin1'), 'content');
  t.equal(await outcome(() => kernel.close(file)), 'EBADF');
  t.equal(await outcome(() => kernel.open('f', O.RDWR | O.CREAT | O.EXCL)), 'EEXIST');
  kernel.forgetAll();
  t.equal(filesystem.nodes.size, 1);
});

t.test('O_TRUNC empties, also through a handle that only reads', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  for (const flags of [O.WRONLY, O.RDWR, O.RDONLY]) {
    writeFileSync(`${directory}/f`, 'content');
    await kernel.close(await kernel.open('f', flags | O.TRUNC));
    t.equal(statSync(`${directory}/f`).size, 0);
  }
});

t.test('O_APPEND appends to what is there by then', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  const file = await kernel.open('log', O.WRONLY | O.CREAT | O.APPEND);
  await kernel.write(file, 'one ');
  writeFileSync(`${directory}/log`, 'two ', { flag: 'a' });
  await kernel.write(file, 'three', 4);
  await kernel.close(file);
  t.equal(readFileSync(`${directory}/log`, 'latin1'), 'one two three');
});

t.test('descriptors are not left without waiting: O_NONBLOCK is ours alone', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  await kernel.put('f', '');
  const { fd, handle } = await filesystem.open(kernel.lookup('f'), O.WRONLY, false, ROOT_USER);
  t.match(readlinkSync(`/proc/self/fd/${fd ?? -1}`), /f$/);
  await filesystem.release(handle);
});

t.test('a file that appeared behind the kernel is looked at again, not opened unasked', async (t) => {
  const { directory, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/secret`, 'content', { mode: 0o600 });
  const nobody = { uid: 65534, gid: 65534, pid: process.pid };
  const create = (flags: number) =>
    outcome<unknown>(() => filesystem.create(ROOT, Buffer.from('secret'), flags, 0o644, 0, nobody));
  t.equal(await create(O.RDWR | O.CREAT), 'ESTALE');
  t.equal(await create(O.RDWR | O.CREAT | O.EXCL), 'EEXIST');
  symlinkSync('/etc/passwd', `${directory}/link`);
  t.equal(
    await outcome<unknown>(() => filesystem.create(ROOT, Buffer.from('link'), O.RDWR, 0o644, 0, nobody)),
    'ESTALE',
    'a link is never followed',
  );
});

t.test('only files are opened', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  symlinkSync('/etc/passwd', `${directory}/link`);
  await kernel.mkdir('d');
  await kernel.mknod('fifo', 0o010600);
  const open = (name: string) =>
    outcome<unknown>(() => filesystem.open(kernel.lookup(name), O.RDONLY, false, ROOT_USER));
  t.equal(await open('d'), 'EISDIR');
  t.equal(await open('fifo'), 'ENXIO');
  t.equal(await open('link'), 'ENXIO');
});

t.test('a file without a name gets one, or goes', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  const file = await kernel.tmpfile('/', O.RDWR, 0o600);
  await kernel.write(file, 'content');
  t.equal(kernel.fstat(file).nlink, 0);
  await filesystem.link(file.node, ROOT, Buffer.from('named'));
  t.equal(readFileSync(`${directory}/named`, 'latin1'), 'content');
  t.equal(statSync(`${directory}/named`).mode & 0o777, 0o600);
  await kernel.close(file);
  const other = await kernel.tmpfile('/', O.WRONLY | constants.O_EXCL);
  t.equal(
    await outcome<unknown>(() => filesystem.link(other.node, ROOT, Buffer.from('x'))),
    'ENOENT',
    'O_EXCL: never a name',
  );
  await kernel.close(other);
});

t.test('a handle reads its file after that was removed and another has its name', async (t) => {
  const { kernel } = filesystemIn(t);
  await kernel.put('f', 'the old content');
  const file = await kernel.open('f', O.RDWR);
  await kernel.unlink('f');
  await kernel.put('f', 'new');
  await kernel.write(file, 'THE');
  t.equal((await kernel.read(file)).toString(), 'THE old content');
  t.equal((await kernel.content('f')).toString(), 'new');
  await kernel.close(file);
});
