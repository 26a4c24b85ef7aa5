import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { settled } from '../../../lib/os/lease.js';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { startNode, startProcess, startWriter } from './another-process.js';

function opened(t: Test): { path: string; root: number; fd: number } {
  const directory = t.testdir({ file: 'content' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDONLY);
  t.teardown(() => [fd, root].forEach(closeFd));
  return { path: `${directory}/file`, root, fd };
}

t.test('a file nobody writes is settled, however many read it', async (t) => {
  const { path, fd } = opened(t);
  const reader = openSync(path, 'r');
  t.equal(settled(fd), true);
  t.equal(settled(reader), true);
  closeSync(reader);
});

t.test('a file another process has open for writing is not, until it is closed', async (t) => {
  const { path, fd } = opened(t);
  const writer = await startWriter(path);
  t.equal(settled(fd), false);
  t.equal(await writer.ask('close'), 'closed');
  t.equal(settled(fd), true);
  await writer.end();
});

t.test('a writer in this very process counts', async (t) => {
  const { path, fd } = opened(t);
  const writer = openSync(path, 'r+');
  t.equal(settled(fd), false);
  closeSync(writer);
  t.equal(settled(fd), true);
});

const noPython = spawnSync('python3', ['-c', 'import mmap']).status !== 0 && 'needs python3';

t.test('a shared mapping is a writer even when its descriptor is closed', { skip: noPython }, async (t) => {
  const { path, fd } = opened(t);
  const script = `
import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
view = mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
os.close(fd)
view[0:1] = b'C'
print('ready', flush=True)
sys.stdin.readline()
view.close()
print('unmapped', flush=True)
sys.stdin.readline()`;
  // Python's mmap duplicates the descriptor it is given: the duplicate is closed too, the mapping stays.
  const closeAll = script.replace("print('ready'", "os.closerange(3, 100)\nprint('ready'");
  const mapper = await startProcess('python3', '-c', closeAll, path);
  t.equal(settled(fd), false);
  await mapper.end();
  t.equal(settled(fd), true);
});

t.test('asking never ends the process nor keeps a writer out', async (t) => {
  const { path, fd } = opened(t);
  const writer = await startNode(`
    import { closeSync, openSync } from 'node:fs';
    console.log('ready');
    process.stdin.once('data', () => {
      for (let turn = 0; turn < 3000; turn += 1) closeSync(openSync(${JSON.stringify(path)}, 'r+'));
      console.log('done');
    });`);
  let done = false;
  const answer = writer.ask('go').then((line) => {
    done = true;
    return line;
  });
  const seen = new Set<boolean | undefined>();
  while (!done) {
    for (let turn = 0; turn < 200; turn += 1) seen.add(settled(fd));
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(await answer, 'done');
  t.notOk(seen.has(undefined));
  t.equal(settled(fd), true);
  await writer.end();
});

t.test('what cannot be asked is undefined', async (t) => {
  const { root } = opened(t);
  const path = openAt(root, 'file', O.PATH);
  for (const fd of [-1, root, path]) t.equal(settled(fd), undefined);
  closeFd(path);
});

const rootOnly = process.getuid?.() !== 0 && 'needs root to become another user';

t.test('another user’s file cannot be asked without the privilege', { skip: rootOnly }, async (t) => {
  const { path } = opened(t);
  const other = await startNode(`
    import { openSync } from 'node:fs';
    import { settled } from '$LIBlease.js';
    const fd = openSync(${JSON.stringify(path)}, 'r');
    console.log('ready');
    process.stdin.once('data', () => {
      process.seteuid(65534);
      const answer = settled(fd);
      process.seteuid(0);
      console.log(String(answer));
    });`);
  t.equal(await other.ask('go'), 'undefined');
  await other.end();
});
