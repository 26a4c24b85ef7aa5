import { statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { nowhere } from '../../../mount/filesystem/attributes.js';
import { filesystemIn } from './filesystem-in.js';

t.test('a file is shown as the disk has it, to the nanosecond', async (t) => {
  const { directory, kernel } = filesystemIn(t);
  writeFileSync(`${directory}/f`, 'content');
  const shown = kernel.stat('f');
  const stat = statSync(`${directory}/f`, { bigint: true });
  t.equal(shown.ino, kernel.lookup('f'));
  t.equal(shown.mode, Number(stat.mode));
  t.equal(shown.nlink, 1);
  t.equal(shown.uid, Number(stat.uid));
  t.equal(shown.gid, Number(stat.gid));
  t.equal(shown.size, 7);
  t.equal(shown.blocks, Number(stat.blocks));
  t.equal(shown.blockSize, Number(stat.blksize));
  t.equal(shown.atimeNs, stat.atimeNs);
  t.equal(shown.mtimeNs, stat.mtimeNs);
  t.equal(shown.ctimeNs, stat.ctimeNs);
  t.equal(shown.birthtimeNs, stat.birthtimeNs);
});

t.test('without a directory of its own the top can be entered and not written', async (t) => {
  const stat = nowhere(3, 5n);
  t.equal(stat.mode, 0o040555);
  t.equal(stat.nlink, 5);
  t.equal(stat.mtimeNs, 5n);
});
