import { openSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { closeFd } from '../../../lib/os/open.js';
import { procPath } from '../../../lib/os/proc-path.js';

function text(fd: number): string {
  const path = procPath(fd);
  return path.toString('latin1', 0, path.indexOf(0));
}

t.test('every descriptor has its path, after longer and shorter ones', async (t) => {
  for (const fd of [7, 123456, 0, 10, 2147483647, 9, 99, 99, 100])
    t.equal(text(fd), `/proc/self/fd/${fd}`, `${fd}`);
});

t.test('the path leads to what is open', async (t) => {
  const directory = t.testdir({ file: '' });
  const fd = openSync(`${directory}/file`, 'r');
  t.equal(readlinkSync(text(fd)), `${directory}/file`);
  closeFd(fd);
});
