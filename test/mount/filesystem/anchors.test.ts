import { mkdirSync } from 'node:fs';
import t from 'tap';
import { closeFd, O, openDirectory } from '../../../lib/os/open.js';
import { handleAt, openHandle } from '../../../lib/os/handle.js';
import { statAt, statFd } from '../../../lib/os/stat.js';
import { Anchors } from '../../../mount/filesystem/anchors.js';

t.test('one directory of a mount is kept, and opens handles of anything there', async (t) => {
  const root = openDirectory(t.testdir({ d: {}, f: 'content' }));
  const anchors = new Anchors();
  t.teardown(() => {
    anchors.close();
    closeFd(root);
  });
  const file = statAt(root, 'f');
  t.equal(anchors.of(file, root, 'f'), undefined, 'a file tells of no directory');
  const anchor = anchors.of(statAt(root, 'd'), root, 'd');
  if (anchor === undefined) return; // no handles here, or no right to open them
  t.equal(anchors.of(file, root, 'f'), anchor, 'once known, for everything there');
  const handle = handleAt(root, 'f');
  if (handle === undefined) throw new Error('a file without a handle');
  const fd = openHandle(anchor.fd, handle, O.PATH);
  t.equal(statFd(fd).ino, file.ino);
  closeFd(fd);
});

t.test('without handles there are no anchors', async (t) => {
  const directory = t.testdir({});
  mkdirSync(`${directory}/d`);
  const root = openDirectory(directory);
  t.teardown(() => closeFd(root));
  const anchors = new Anchors(false);
  t.equal(anchors.of(statAt(root, 'd'), root, 'd'), undefined);
  anchors.close();
});
