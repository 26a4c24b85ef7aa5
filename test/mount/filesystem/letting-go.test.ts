import { closeSync, fstatSync, openSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { letGo, SLOW_TO_FREE } from '../../../mount/filesystem/letting-go.js';

function isOpen(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) !== '';
  } catch {
    return false;
  }
}

t.test('what is small, or stays, is closed at once', async (t) => {
  const directory = t.testdir({ kept: '', removed: '' });
  truncateSync(`${directory}/kept`, SLOW_TO_FREE);
  const kept = openSync(`${directory}/kept`, 'r');
  const removed = openSync(`${directory}/removed`, 'r');
  rmSync(`${directory}/removed`);
  letGo(kept);
  t.notOk(isOpen(kept));
  letGo(removed);
  t.notOk(isOpen(removed));
});

t.test('what is large and removed is closed soon, by somebody who has time', async (t) => {
  const path = `${t.testdir({})}/f`;
  writeFileSync(path, '');
  truncateSync(path, SLOW_TO_FREE);
  const fd = openSync(path, 'r');
  rmSync(path);
  letGo(fd);
  for (let tries = 0; tries < 500 && isOpen(fd); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.throws(() => fstatSync(fd), { code: 'EBADF' });
  t.throws(() => closeSync(fd), { code: 'EBADF' });
});
