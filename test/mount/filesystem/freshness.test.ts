import t from 'tap';
import { fullStatFd } from '../../../lib/os/stat.js';
import { ONE_SECOND } from '../../../mount/filesystem/freshness.js';
import { Node } from '../../../mount/filesystem/node.js';

t.test('where nobody tells of changes, the kernel asks again after a second', async (t) => {
  const inode = { id: 10n, generation: 0n, dev: 1, ino: 10n, handle: undefined, anchor: undefined };
  const node = new Node({ ...inode, mode: 0o100644 });
  const stat = fullStatFd(0);
  t.equal(ONE_SECOND.nameFor(node), 1);
  t.equal(ONE_SECOND.attributesFor(node, stat), 1);
  node.writers = 1;
  t.equal(ONE_SECOND.attributesFor(node, stat), 0, 'at once, while somebody may write through a mapping');
});
