import t from 'tap';
import { PathWalk } from '../../../mount/fuse-native/path-walk.js';
import { filesystemIn } from '../filesystem/filesystem-in.js';

const CALLER = { uid: 0, gid: 0, pid: process.pid };

t.test('a path leads to its node, and what was looked up on the way is given back', async (t) => {
  const { filesystem } = filesystemIn(t, { directory: t.testdir({ a: { b: { c: 'content' } } }) });
  const walk = new PathWalk(filesystem, CALLER);
  const known = filesystem.nodes.size;
  await walk.node('/a/b/c', (node) => {
    t.equal(filesystem.getattr(node, undefined).attributes.size, 7);
    t.equal(filesystem.nodes.size, known + 3, 'held meanwhile');
  });
  t.equal(filesystem.nodes.size, known);
  await walk.node('/', (node) => t.equal(node, 1n, 'the root is the root'));
});

t.test('a path that leads nowhere fails as it does for everybody, and leaves nothing', async (t) => {
  const { filesystem } = filesystemIn(t, { directory: t.testdir({ a: { file: '' } }) });
  const walk = new PathWalk(filesystem, CALLER);
  const known = filesystem.nodes.size;
  await t.rejects(
    walk.node('/a/nothing', () => t.fail('there is no such file')),
    { code: 'ENOENT' },
  );
  await t.rejects(
    walk.node('/a/file/below', () => t.fail('a file has no entries')),
    { code: 'ENOTDIR' },
  );
  t.equal(filesystem.nodes.size, known);
});

t.test('the last name need not exist where its directory is asked for', async (t) => {
  const { filesystem } = filesystemIn(t, { directory: t.testdir({ a: {} }) });
  const walk = new PathWalk(filesystem, CALLER);
  await walk.parent('/a/new', (_parent, name) => t.equal(name.toString(), 'new'));
  await t.rejects(
    walk.parent('/', () => t.fail('the root stands in no directory')),
    { code: 'EBUSY' },
  );
});
