import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import t from 'tap';
import { closeFd, O, openDirectory, openBeneath } from '../../../lib/os/open.js';
import { statFd } from '../../../lib/os/stat.js';
import { syncAppended, syncContent, syncEntries } from '../../../lib/store/durability.js';
import { openAt } from './open-files.js';

const LEVELS = ['full', 'data', 'none'] as const;
/** No process of ours opens so many. */
const BAD = 1_000_000;

/** A descriptor of the directory that cannot be synced: one without access. */
function unsyncable(directory: string): number {
  const root = openDirectory(directory);
  try {
    return openBeneath(root, '.', O.PATH);
  } finally {
    closeFd(root);
  }
}

t.test('content is synced and its descriptor left open, at every level', async (t) => {
  const fd = openSync(`${t.testdir({})}/file`, 'w');
  t.teardown(() => closeSync(fd));
  for (const level of LEVELS) {
    writeSync(fd, level);
    await t.resolves(syncContent(level, fd));
    await t.resolves(syncAppended(level, fd));
    t.equal(statFd(fd).size > 0, true);
  }
});

t.test('a sync that fails is told, where one is asked for', async (t) => {
  await t.rejects(syncContent('full', BAD), { code: 'EBADF' });
  await t.rejects(syncContent('data', BAD), { code: 'EBADF' });
  await t.resolves(syncContent('none', BAD));
  await t.rejects(syncAppended('full', BAD), { code: 'EBADF' });
  await t.resolves(syncAppended('data', BAD));
  await t.rejects(syncEntries('full', [BAD]), { code: 'EBADF' });
  const directory = t.testdir({});
  await t.rejects(syncEntries('full', [unsyncable(directory)]), { code: 'EBADF' });
  t.equal(openAt(directory), 0, 'and the descriptor is closed');
});

t.test('descriptors of directories are closed at every level, however many they are', async (t) => {
  const directory = t.testdir({ a: {}, b: {} });
  for (const level of LEVELS) {
    await syncEntries(level, []);
    const opened = ['a', 'a', 'b', 'a'].map((name) => openDirectory(`${directory}/${name}`));
    t.equal(openAt(`${directory}/`), 4);
    await syncEntries(level, opened);
    t.equal(openAt(`${directory}/`), 0, level);
  }
});

t.test(
  'those who wait for the same directory at once are all answered, and nothing stays open',
  async (t) => {
    const directory = t.testdir({});
    for (let round = 0; round < 5; round++) {
      const waiting: Promise<void>[] = [];
      for (let one = 0; one < 40; one++) {
        mkdirSync(`${directory}/${round}-${one}`);
        waiting.push(syncEntries('full', [openDirectory(directory)]));
        if (one % 10 === 0) await new Promise(setImmediate);
      }
      await Promise.all(waiting);
      t.equal(openAt(directory), 0);
    }
  },
);

t.test('a sync that fails is not the answer of those who came after it', async (t) => {
  const directory = t.testdir({});
  const first = syncEntries('full', [unsyncable(directory)]);
  const second = syncEntries('full', [openDirectory(directory)]);
  const third = syncEntries('full', [openDirectory(directory)]);
  await t.rejects(first, { code: 'EBADF' });
  await t.resolves(second);
  await t.resolves(third);
  t.equal(openAt(directory), 0);
  await t.resolves(syncEntries('full', [openDirectory(directory)]), 'and the directory is no worse for it');
});
