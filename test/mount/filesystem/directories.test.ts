import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { filesystemIn } from './filesystem-in.js';
import { outcome } from './little-kernel.js';

t.test('a directory lists what is in it, with what each is', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  await kernel.mkdir('d');
  await kernel.symlink('x', 'link');
  await kernel.mknod('fifo', 0o010600);
  const types = Object.fromEntries(kernel.entries('/').map(({ name, type }) => [name.toString(), type]));
  t.strictSame(types, { f: 8, d: 4, link: 10, fifo: 1 });
  for (const { name, ino, entry } of kernel.entries('/')) {
    t.equal(ino, kernel.lookup(name), `${name.toString()} has the number a lookup gives`);
    t.equal(entry, undefined);
  }
  const handle = filesystem.opendir(kernel.lookup('d'));
  const dots = new Map<string, bigint>();
  filesystem.readdir(handle, 0n, true, ({ name, ino, entry }) => {
    t.equal(entry, undefined);
    return dots.set(name.toString(), ino).size > 0;
  });
  t.equal(dots.get('.'), kernel.lookup('d'));
  t.equal(dots.get('..'), 1n);
  await filesystem.fsyncdir(handle);
  filesystem.releasedir(handle);
  t.throws(() => filesystem.releasedir(handle), { code: 'EBADF' });
});

t.test('with plus every entry is a lookup; the one not taken is none', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  for (let at = 0; at < 100; at++) writeFileSync(`${directory}/${at}`, String(at));
  const entries = kernel.entries('/', true, 7);
  t.equal(entries.length, 100);
  t.equal(new Set(entries.map(({ offset }) => offset)).size, 100);
  for (const { name, entry } of entries) {
    t.equal(entry?.attributes.size, name.length);
    t.equal(entry?.node, statSync(`${directory}/${name.toString()}`, { bigint: true }).ino);
  }
  t.equal(filesystem.nodes.size, 101);
  kernel.forgetAll();
  t.equal(filesystem.nodes.size, 1);
});

t.test('a hundred thousand entries need no hundred thousand descriptors', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  const count = process.env['CI'] === undefined ? 20_000 : 100_000;
  for (let at = 0; at < count; at++) writeFileSync(`${directory}/file-${at}`, '');
  const before = readdirSync('/proc/self/fd').length;
  t.equal(kernel.entries('/', true).length, count);
  t.ok(readdirSync('/proc/self/fd').length <= before + 1);
  t.equal(filesystem.nodes.size, count + 1);
  kernel.forgetAll();
  t.equal(filesystem.nodes.size, 1);
  rmSync(directory, { recursive: true });
});

t.test('what is no directory is not opened as one', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  await kernel.put('f', '');
  t.equal(await outcome(() => filesystem.opendir(kernel.lookup('f'))), 'ENOTDIR');
});
