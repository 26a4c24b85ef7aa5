import { lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { filesystemIn } from './filesystem-in.js';
import { outcome } from './little-kernel.js';

t.test('everything that can be made is made', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  await kernel.mkdir('d', 0o750);
  await kernel.symlink('anywhere', 'd/link');
  await kernel.mknod('d/fifo', 0o010600);
  await kernel.mknod('d/socket', 0o140600);
  await kernel.mknod('d/file', 0o100600);
  await kernel.link('d/fifo', 'd/same');
  t.equal(statSync(`${directory}/d`).mode, 0o040750);
  t.ok(lstatSync(`${directory}/d/link`).isSymbolicLink());
  t.ok(lstatSync(`${directory}/d/fifo`).isFIFO());
  t.ok(lstatSync(`${directory}/d/socket`).isSocket());
  t.ok(lstatSync(`${directory}/d/file`).isFile());
  t.equal(kernel.lookup('d/same'), kernel.lookup('d/fifo'));
  t.equal(kernel.readlink('d/link'), 'anywhere');
});

t.test('a hard link to a symbolic link is one to the link', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  await kernel.symlink('/etc/passwd', 'link');
  await kernel.link('link', 'second');
  t.ok(lstatSync(`${directory}/second`).isSymbolicLink());
  t.equal(lstatSync(`${directory}/second`).nlink, 2);
});

t.test('names are bytes', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  const name = Buffer.from([0x6c, 0x61, 0x74, 0xff, 0xe9]);
  await kernel.put(name, 'latin');
  t.strictSame(readdirSync(directory, { encoding: 'buffer' }), [name]);
  t.strictSame(
    kernel.entries('/').map((entry) => entry.name),
    [name],
  );
  await kernel.rename(name, 'plain');
  t.strictSame(readdirSync(directory), ['plain']);
});

t.test('what is taken is not made again', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  writeFileSync(`${directory}/f`, '');
  t.equal(await outcome(() => kernel.mkdir('f')), 'EEXIST');
  t.equal(await outcome(() => kernel.symlink('x', 'f')), 'EEXIST');
  t.equal(await outcome(() => kernel.mknod('f', 0o010600)), 'EEXIST');
  t.equal(await outcome(() => kernel.link('f', 'f')), 'EEXIST');
});

t.test('the reserved name is nobody’s to give', async (t) => {
  const { kernel } = filesystemIn(t);
  for (const make of [
    () => kernel.mkdir('.bucketree'),
    () => kernel.put('.bucketree', ''),
    () => kernel.symlink('x', '.bucketree'),
    () => kernel.mknod('.bucketree', 0o010600),
  ]) {
    t.equal(await outcome<unknown>(make), 'EPERM');
  }
});
