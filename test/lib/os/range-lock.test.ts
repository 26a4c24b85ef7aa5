import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Test } from 'tap';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { lockRange, unlockRange } from '../../../lib/os/range-lock.js';
import { startNode } from './another-process.js';

/** Two descriptions of one file. */
function twoDescriptions(t: Test): { path: string; one: number; two: number } {
  const directory = t.testdir({ lock: '' });
  const root = openDirectory(directory);
  const [one, two] = [openAt(root, 'lock', O.RDWR), openAt(root, 'lock', O.RDWR)];
  closeFd(root);
  return { path: `${directory}/lock`, one, two };
}

t.test('a range locked through one description is taken for another, beside it is free', async (t) => {
  const { one, two } = twoDescriptions(t);
  t.ok(lockRange(one, 10, 10, { wait: false }));
  t.ok(lockRange(one, 10, 10, { wait: false }), 'again by the holder');
  t.notOk(lockRange(two, 19, 1, { wait: false }));
  t.notOk(lockRange(two, 0, 0, { wait: false }), 'to the end');
  t.ok(lockRange(two, 20, 5, { wait: false }));
  t.ok(lockRange(two, 0, 10, { wait: false }));
  unlockRange(one, 15, 5);
  t.ok(lockRange(two, 15, 5, { wait: false }), 'half was given back');
  t.notOk(lockRange(two, 14, 1, { wait: false }));
  unlockRange(one, 100, 100);
  closeFd(one);
  t.ok(lockRange(two, 0, 0, { wait: false }), 'closing gives back the rest');
  closeFd(two);
});

t.test('ranges far beyond the end of any file can be locked', async (t) => {
  const { one, two } = twoDescriptions(t);
  t.ok(lockRange(one, 2 ** 52, 2 ** 40, { wait: false }));
  t.notOk(lockRange(two, 2 ** 52 + 2 ** 39, 1, { wait: false }));
  t.ok(lockRange(two, 2 ** 52 - 1, 1, { wait: false }));
  [one, two].forEach(closeFd);
});

t.test('shared locks admit each other and keep exclusive ones out', async (t) => {
  const { one, two } = twoDescriptions(t);
  t.ok(lockRange(one, 0, 1, { wait: false, shared: true }));
  t.ok(lockRange(two, 0, 1, { wait: false, shared: true }));
  t.notOk(lockRange(one, 0, 1, { wait: false }));
  unlockRange(two, 0, 1);
  t.ok(lockRange(one, 0, 1, { wait: false }), 'the last holder may become exclusive');
  t.notOk(lockRange(two, 0, 1, { wait: false, shared: true }));
  [one, two].forEach(closeFd);
  t.throws(() => lockRange(one, 0, 1, { wait: false }), { code: 'EBADF', syscall: 'fcntl' });
});

t.test('threads exclude each other: no update of a shared counter is lost', async (t) => {
  const { path, one, two } = twoDescriptions(t);
  [one, two].forEach(closeFd);
  const url = (name: string): string =>
    JSON.stringify(new URL(`../../../lib/os/${name}.js`, import.meta.url).href);
  const text = `
    const { workerData, parentPort } = require('node:worker_threads');
    Promise.all([import(${url('open')}), import(${url('range-lock')})]).then(([open, lock]) => {
      const { path, counter } = workerData;
      const slash = path.lastIndexOf('/');
      const fd = open.openAt(open.openDirectory(path.slice(0, slash)), path.slice(slash + 1), open.O.RDWR);
      for (let turn = 0; turn < 2000; turn += 1) {
        lock.lockRange(fd, 7, 1, { wait: true });
        const seen = counter[0];
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, turn % 100 === 0 ? 1 : 0);
        counter[0] = seen + 1;
        lock.unlockRange(fd, 7, 1);
      }
    });`;
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const workers = [1, 2].map(() => new Worker(text, { eval: true, workerData: { path, counter } }));
  const ends = workers.map((worker) => new Promise((resolve) => void worker.once('exit', resolve)));
  t.same(await Promise.all(ends), [0, 0]);
  t.equal(counter[0], 4000);
});

t.test('processes exclude each other, and a process that dies gives back what it held', async (t) => {
  const { path, one, two } = twoDescriptions(t);
  const other = await startNode(`
    import { openSync } from 'node:fs';
    import { createInterface } from 'node:readline';
    import { lockRange, unlockRange } from '$LIBrange-lock.js';
    const fd = openSync(${JSON.stringify(path)}, 'r+');
    console.log('ready');
    createInterface({ input: process.stdin }).on('line', (line) => {
      if (line === 'die') process.kill(process.pid, 'SIGKILL');
      else if (line === 'wait') console.log('got ' + lockRange(fd, 0, 1, { wait: true }));
      else console.log(String(lockRange(fd, 0, 1, { wait: false })));
    });`);
  t.equal(await other.ask('try'), 'true');
  t.notOk(lockRange(one, 0, 1, { wait: false }));
  t.ok(lockRange(one, 1, 1, { wait: false }));
  await other.ask('die');
  t.ok(lockRange(one, 0, 1, { wait: true }));
  [one, two].forEach(closeFd);
  await other.end();
});

t.test('a process that waits gets the lock when it is given back', async (t) => {
  const { path, one, two } = twoDescriptions(t);
  t.ok(lockRange(one, 0, 1, { wait: false }));
  const other = await startNode(`
    import { openSync } from 'node:fs';
    import { lockRange } from '$LIBrange-lock.js';
    const fd = openSync(${JSON.stringify(path)}, 'r+');
    console.log('ready');
    process.stdin.once('data', () => {
      console.log('waiting ' + lockRange(fd, 0, 1, { wait: false }));
      console.log('got ' + lockRange(fd, 0, 1, { wait: true }));
    });`);
  t.equal(await other.ask('go'), 'waiting false');
  unlockRange(one, 0, 1);
  t.equal(await other.ask(''), 'got true');
  await other.end();
  [one, two].forEach(closeFd);
});
