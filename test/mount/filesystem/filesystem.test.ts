import t from 'tap';
import { ROOT } from '../../../mount/filesystem/filesystem.js';
import { filesystemIn } from './filesystem-in.js';

t.test('the root is there before anything was looked up, and whatever is forgotten', async (t) => {
  const { filesystem } = filesystemIn(t);
  t.equal(ROOT, 1n, 'FUSE_ROOT_ID: the kernel asks for it by that number');
  t.equal(filesystem.getattr(ROOT, undefined).attributes.ino, ROOT);
  filesystem.forget(ROOT, 5n);
  t.equal(filesystem.getattr(ROOT, undefined).attributes.mode & 0o170000, 0o040000);
});
