import { readdirSync } from 'node:fs';
import t from 'tap';
import { filesystemIn } from './filesystem-in.js';
import { outcome } from './little-kernel.js';

function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

t.test('what the kernel knows can be asked after its last name went', async (t) => {
  const { directory, kernel, filesystem } = filesystemIn(t);
  await kernel.mkdir('d');
  await kernel.put('f', 'content');
  const [d, f] = [kernel.lookup('d'), kernel.lookup('f')];
  const before = descriptors();
  await kernel.rmdir('d');
  await kernel.unlink('f');
  t.equal(filesystem.getattr(d, undefined).attributes.nlink, 0, 'somebody’s working directory');
  t.equal(filesystem.getattr(f, undefined).attributes.size, 7);
  t.equal(await outcome(() => filesystem.lookup(d, Buffer.from('x')).node), undefined);
  t.strictSame(readdirSync(directory), [], 'and nothing is left lying about');
  kernel.forgetAll();
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.ok(descriptors() <= before, 'nothing is kept once it is forgotten');
});

t.test('what has another name is not kept open', async (t) => {
  const { kernel } = filesystemIn(t);
  await kernel.put('f', '');
  await kernel.link('f', 'g');
  const before = descriptors();
  await kernel.unlink('f');
  t.equal(descriptors(), before);
});

t.test('what was replaced by a rename can still be asked', async (t) => {
  const { kernel, filesystem } = filesystemIn(t);
  await kernel.put('old', 'the old content');
  await kernel.put('new', 'new');
  const old = kernel.lookup('old');
  await kernel.rename('new', 'old');
  t.equal(filesystem.getattr(old, undefined).attributes.size, 15);
  t.equal(filesystem.getattr(old, undefined).attributes.nlink, 0);
});

t.test('a name that could not go keeps nothing open', async (t) => {
  const { kernel } = filesystemIn(t);
  await kernel.mkdir('d');
  await kernel.put('d/f', '');
  const before = descriptors();
  t.equal(await outcome(() => kernel.rmdir('d')), 'ENOTEMPTY');
  t.equal(descriptors(), before);
});
