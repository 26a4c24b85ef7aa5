import { closeSync, fstatSync, openSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { syncContent, syncEntries } from '../../../lib/store/durability.js';

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

t.test('directories are synced and closed at every durability', async (t) => {
  const directory = t.testdir({});
  for (const durability of ['full', 'data', 'none'] as const) {
    const fds = [openSync(directory, 'r'), openSync(directory, 'r')];
    await syncEntries(durability, fds);
    for (const fd of fds) t.notOk(isOpen(fd), durability);
  }
  await syncEntries('full', []);
});

t.test('many who wait for one directory all get their answer, and leave no descriptor', async (t) => {
  const directory = t.testdir({});
  const before = openSync(directory, 'r');
  closeSync(before);
  for (let round = 0; round < 5; round++) {
    await Promise.all(
      Array.from({ length: 40 }, async (_, at) => {
        if (at % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
        await syncEntries('full', [openSync(directory, 'r')]);
      }),
    );
  }
  await new Promise((resolve) => setImmediate(resolve));
  const after = openSync(directory, 'r');
  t.equal(after, before, 'the lowest free descriptor is the one it was');
  closeSync(after);
});

t.test('a sync that fails is an error, not tried again', async (t) => {
  const path = `${t.testdir({})}/file`;
  writeFileSync(path, 'x');
  const fd = openSync(path, 'r+');
  await syncContent('full', fd);
  await syncContent('data', fd);
  closeSync(fd);
  await t.rejects(syncContent('full', 1_000_000), { code: 'EBADF' });
  await t.rejects(syncContent('data', 1_000_000), { code: 'EBADF' });
  await syncContent('none', 1_000_000);
});

t.test('a directory whose sync fails keeps no other from being synced', async (t) => {
  const pipe = openSync('/proc/self/status', 'r');
  await t.rejects(syncEntries('full', [pipe]), { code: 'EINVAL' });
  t.notOk(isOpen(pipe));
  await syncEntries('full', [openSync(t.testdir({}), 'r')]);
});
