import { mkdirSync, readlinkSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { closeFd, O } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import { borrow, drop, openNode, withNode } from '../../../mount/filesystem/opening.js';
import { filesystemIn, type MountedDirectory } from './filesystem-in.js';

function nodeAt(mounted: MountedDirectory, path: string) {
  return mounted.filesystem.nodes.get(mounted.kernel.lookup(path));
}

async function both(t: Test, test: (t: Test, handles: boolean) => Promise<void>): Promise<void> {
  await t.test('by handle', (t) => test(t, true));
  await t.test('by name', (t) => test(t, false));
}

t.test('a node opens as the inode it is', (t) =>
  both(t, async (t, handles) => {
    const mounted = filesystemIn(t, { handles });
    mkdirSync(`${mounted.directory}/d`);
    writeFileSync(`${mounted.directory}/d/f`, 'content');
    const fd = openNode(nodeAt(mounted, 'd/f'), O.RDONLY);
    t.equal(statFd(fd).ino, statSync(`${mounted.directory}/d/f`, { bigint: true }).ino);
    closeFd(fd);
  }),
);

t.test('what was replaced behind us is not taken for what it was', (t) =>
  both(t, async (t, handles) => {
    const mounted = filesystemIn(t, { handles });
    writeFileSync(`${mounted.directory}/f`, 'old');
    const node = nodeAt(mounted, 'f');
    writeFileSync(`${mounted.directory}/g`, 'new');
    renameSync(`${mounted.directory}/g`, `${mounted.directory}/f`);
    t.throws(() => openNode(node, O.RDONLY), { code: 'ESTALE' });
    rmSync(`${mounted.directory}/f`);
    t.throws(() => openNode(node, O.RDONLY), { code: 'ESTALE' });
  }),
);

t.test('paths longer than PATH_MAX open', (t) =>
  both(t, async (t, handles) => {
    const mounted = filesystemIn(t, { handles });
    const name = 'x'.repeat(250);
    let path = name;
    for (let depth = 0; depth < 20; depth++) {
      await mounted.kernel.mkdir(path);
      path += `/${name}`;
    }
    await mounted.kernel.put(path, 'deep');
    const fd = openNode(nodeAt(mounted, path), O.RDONLY);
    t.equal(statFd(fd).size, 4);
    closeFd(fd);
    // Too deep for anything that works by path: taken down from inside.
    const parts = path.split('/');
    await mounted.kernel.unlink(path);
    while (parts.pop() !== undefined && parts.length > 0) await mounted.kernel.rmdir(parts.join('/'));
  }),
);

t.test('what is open anyway is not opened again', async (t) => {
  const mounted = filesystemIn(t);
  const file = await mounted.kernel.open('f', O.RDWR | O.CREAT);
  const node = mounted.filesystem.nodes.get(file.node);
  const fd = borrow(node);
  t.equal(fd, node.opened[0]);
  drop(node, fd);
  t.equal(statFd(fd).size, 0, 'and stays open');
  await mounted.kernel.close(file);
});

t.test('a borrowed descriptor lasts as long as what it is used for', async (t) => {
  const mounted = filesystemIn(t);
  mkdirSync(`${mounted.directory}/d`);
  const node = nodeAt(mounted, 'd');
  let used = -1;
  const later = withNode(node, async (fd) => {
    used = fd;
    await new Promise((resolve) => setImmediate(resolve));
    return statFd(fd).ino;
  });
  t.equal(await later, node.ino);
  t.throws(() => readlinkSync(`/proc/self/fd/${used}`), { code: 'ENOENT' }, 'closed');
  t.throws(() => withNode(node, () => rmdirSync(`${mounted.directory}/x`)), { code: 'ENOENT' });
});
