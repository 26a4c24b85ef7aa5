import t from 'tap';
import { Node } from '../../../mount/filesystem/node.js';

function node(mode: number): Node {
  const inode = { id: 10n, generation: 0n, dev: 1, ino: 10n, handle: undefined, anchor: undefined };
  return new Node({ ...inode, mode });
}

t.test('a directory has entries, whatever its permissions', async (t) => {
  t.ok(node(0o041777).isDirectory);
  t.ok(node(0o041777).children);
  t.notOk(node(0o041777).isFile);
});

t.test('a file has none; a link is neither', async (t) => {
  t.ok(node(0o100644).isFile);
  t.equal(node(0o100644).children, undefined);
  t.notOk(node(0o120777).isFile);
  t.notOk(node(0o120777).isDirectory);
});

t.test('it was seen last where it was seen last', async (t) => {
  const file = node(0o100644);
  t.equal(file.link, undefined);
  const parent = node(0o040755);
  file.links.push({ parent, name: 'a' }, { parent, name: 'b' });
  t.equal(file.link?.name, 'b');
});
