import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import type { Metadata } from '../../../mount/filesystem/metadata.js';
import { filesystemIn } from './filesystem-in.js';
import { outcome } from './little-kernel.js';
import { PLAIN_FILES } from './plain-metadata.js';

t.test('a name goes, and the node when the kernel forgets it', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  await kernel.put('f', 'content');
  await kernel.mkdir('d');
  await kernel.unlink('f');
  await kernel.rmdir('d');
  t.notOk(existsSync(`${directory}/f`));
  t.notOk(existsSync(`${directory}/d`));
  kernel.forgetAll();
  t.equal(filesystem.nodes.size, 1);
});

t.test('what cannot go stays, and says why', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  mkdirSync(`${directory}/d/sub`, { recursive: true });
  writeFileSync(`${directory}/f`, '');
  t.equal(await outcome(() => kernel.rmdir('d')), 'ENOTEMPTY');
  t.equal(await outcome(() => kernel.rmdir('f')), 'ENOTDIR');
  t.equal(await outcome(() => kernel.unlink('d')), 'EISDIR');
  t.equal(await outcome(() => kernel.unlink('nothing')), 'ENOENT');
});

t.test('one of two names goes, the file stays', async (t) => {
  const { kernel } = filesystemIn(t);
  await kernel.put('f', 'content');
  await kernel.link('f', 'g');
  await kernel.unlink('f');
  t.equal(kernel.stat('g').nlink, 1);
  t.equal((await kernel.content('g')).toString(), 'content');
});

t.test('metadata of what lost its last name is dropped, of what has another is not', async (t) => {
  const removed: (string | undefined)[] = [];
  const metadata: Metadata = { ...PLAIN_FILES, removed: (_bucket, path) => void removed.push(path) };
  const { kernel } = filesystemIn(t, { metadata });
  await kernel.put('f', '');
  await kernel.link('f', 'g');
  await kernel.unlink('f');
  t.strictSame(removed, []);
  await kernel.unlink('g');
  t.strictSame(removed, ['g']);
});
