import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { O } from '../../../lib/os/open.js';
import { filesystemIn } from './filesystem-in.js';
import { outcome, ROOT_USER } from './little-kernel.js';

t.test('bytes are read where they are, up to the end', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  const content = Buffer.alloc(300_000, 'abcdefg');
  writeFileSync(`${directory}/f`, content);
  const file = await kernel.open('f', O.RDONLY);
  t.ok((await kernel.read(file, 0, 300_000)).equals(content));
  t.ok((await kernel.read(file, 200_001, 300_000)).equals(content.subarray(200_001)));
  t.equal((await kernel.read(file, 300_000)).length, 0);
  t.equal(await outcome<unknown>(() => kernel.write(file, 'x')), 'EBADF');
  await kernel.close(file);
});

t.test('what is not in memory is read all the same', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  writeFileSync(`${directory}/f`, '');
  truncateSync(`${directory}/f`, 10_000_000);
  const file = await kernel.open('f', O.RDONLY);
  const read = await kernel.read(file, 5_000_000, 100_000);
  t.equal(read.length, 100_000);
  t.ok(read.every((byte) => byte === 0));
  await kernel.close(file);
});

t.test('holes are found, made and kept', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  const file = await kernel.open('f', O.RDWR | O.CREAT);
  await kernel.write(file, 'end', 1_000_000);
  const data = filesystem.lseek(file.handle, 0, 3);
  t.ok(data === 0 || (data > 900_000 && data <= 1_000_000), 'or a filesystem without holes');
  t.equal(filesystem.lseek(file.handle, 1_000_002, 4), 1_000_003);
  t.equal(await outcome(() => filesystem.lseek(file.handle, 2_000_000, 3)), 'ENXIO');
  await filesystem.fallocate(file.handle, 0, 0, 2_000_000, ROOT_USER);
  t.equal(statSync(`${directory}/f`).size, 2_000_000);
  await filesystem.fallocate(file.handle, 1, 0, 3_000_000, ROOT_USER);
  t.equal(statSync(`${directory}/f`).size, 2_000_000, 'KEEP_SIZE');
  t.equal(await outcome(() => filesystem.fallocate(file.handle, 0x4000, 0, 1, ROOT_USER)), 'EOPNOTSUPP');
  await kernel.close(file);
});

t.test('ranges are copied between files', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  await kernel.put('from', '0123456789');
  const from = await kernel.open('from', O.RDONLY);
  const to = await kernel.open('to', O.RDWR | O.CREAT);
  t.equal(await filesystem.copyFileRange(from.handle, 2, to.handle, 3, 4, ROOT_USER), 4);
  t.equal(readFileSync(`${directory}/to`, 'latin1'), '\0\0\x002345');
  t.equal(await filesystem.copyFileRange(from.handle, 100, to.handle, 3, 4, ROOT_USER), 0);
  await kernel.close(from);
  await kernel.close(to);
});

t.test('what is synced is on the disk', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  const file = await kernel.open('f', O.RDWR | O.CREAT);
  await kernel.write(file, 'content');
  await filesystem.fsync(file.handle, false);
  await filesystem.fsync(file.handle, true);
  await kernel.close(file);
  t.equal(await outcome(() => filesystem.fsync(file.handle, true)), 'EBADF');
});
