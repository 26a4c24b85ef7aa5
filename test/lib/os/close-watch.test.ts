import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, unlinkSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Test } from 'tap';
import { waitForClose } from '../../../lib/os/close-watch.js';
import { settled } from '../../../lib/os/lease.js';
import { O, closeFd, openAt, openDirectory } from '../../../lib/os/open.js';
import { startWriter } from './another-process.js';

const LONG = 60_000;
const library = JSON.stringify(new URL('../../../lib/os/close-watch.js', import.meta.url).href);

function opened(t: Test): { path: string; fd: number; proc: string } {
  const directory = t.testdir({ file: 'content' });
  const root = openDirectory(directory);
  const fd = openAt(root, 'file', O.RDONLY);
  t.teardown(() => [fd, root].forEach(closeFd));
  return { path: `${directory}/file`, fd, proc: `/proc/self/fd/${fd}` };
}

/** How many files this process's inotify descriptors watch. */
function watches(): number {
  return readdirSync('/proc/self/fdinfo')
    .map((fd) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n')
    .split('\n')
    .filter((line) => line.startsWith('inotify ')).length;
}

t.test('everybody who waits for a writer hears when it closes, and the file is settled then', async (t) => {
  const { path, fd, proc } = opened(t);
  const writer = await startWriter(path);
  const waiting = [waitForClose(proc, LONG), waitForClose(proc, LONG), waitForClose(path, LONG)];
  t.equal(settled(fd), false);
  t.equal(watches(), 1, 'one watch for all of them');
  t.equal(await writer.ask('close'), 'closed');
  t.same(await Promise.all(waiting), [true, true, true]);
  t.equal(settled(fd), true);
  t.equal(watches(), 0, 'nothing stays watched');
  await writer.end();
});

t.test('a close between the call and the await is not missed', async (t) => {
  const { path, proc } = opened(t);
  const writer = await startWriter(path);
  const waiting = waitForClose(proc, LONG);
  await writer.ask('close');
  await writer.end();
  t.equal(await waiting, true);
});

t.test('a reader’s close is not what is waited for; the time runs out', async (t) => {
  const { fd, proc, path } = opened(t);
  const waiting = waitForClose(proc, 100);
  readFileSync(path);
  t.equal(await waiting, false);
  t.equal(watches(), 0);
  t.equal(settled(fd), true);
});

t.test('waiting can be called off', async (t) => {
  const { proc } = opened(t);
  const controller = new AbortController();
  const waiting = waitForClose(proc, LONG, controller.signal);
  controller.abort();
  t.equal(await waiting, false);
  t.equal(await waitForClose(proc, LONG, controller.signal), false);
  t.equal(watches(), 0);
});

t.test('one file’s writer does not wake who waits for another', async (t) => {
  const { path, proc } = opened(t);
  const other = openAt(openDirectory(t.testdirName), 'second', O.RDWR | O.CREAT, 0o600);
  const writer = await startWriter(path);
  const waiting = [waitForClose(proc, LONG), waitForClose(`/proc/self/fd/${other}`, 300)];
  await writer.ask('close');
  t.same(await Promise.all(waiting), [true, false]);
  await writer.end();
  closeFd(other);
});

t.test('a file whose last name goes is not waited for any longer', async (t) => {
  const { path, proc } = opened(t);
  const writer = await startWriter(path);
  const waiting = waitForClose(proc, LONG);
  unlinkSync(path);
  t.equal(await waiting, true);
  await writer.end();
});

t.test('what is not there is an error at once', async (t) => {
  t.throws(() => void waitForClose('/proc/self/fd/999999', 10), {
    code: 'ENOENT',
    syscall: 'inotify_add_watch',
  });
  t.throws(() => void waitForClose('a\0b', 10), { code: 'EINVAL' });
});

t.test('a worker thread waits as well, and its descriptor goes with it', async (t) => {
  const { path, proc } = opened(t);
  const inotifyCount = (): number =>
    spawnSync('sh', ['-c', `ls -l /proc/${process.pid}/fd`], { encoding: 'utf8' }).stdout.split('inotify')
      .length - 1;
  await waitForClose(proc, 1);
  const before = inotifyCount();
  const writer = await startWriter(path);
  const text = `
    const { workerData, parentPort } = require('node:worker_threads');
    import(${library}).then(async ({ waitForClose }) => {
      const waiting = waitForClose(workerData, ${LONG});
      parentPort.postMessage('waiting');
      parentPort.postMessage(await waiting);
    });`;
  const worker = new Worker(text, { eval: true, workerData: proc });
  const ended = new Promise((resolve) => void worker.once('exit', resolve));
  const messages: unknown[] = [];
  await new Promise<void>(
    (resolve) =>
      void worker.on('message', (message) => {
        messages.push(message);
        resolve();
      }),
  );
  t.equal(inotifyCount(), before + 1);
  await writer.ask('close');
  t.equal(await ended, 0);
  t.same(messages, ['waiting', true]);
  t.equal(inotifyCount(), before);
  await writer.end();
});

t.test('a process that has waited ends by itself', async (t) => {
  const { path } = opened(t);
  const text = `
    import { waitForClose } from ${library};
    console.log(await waitForClose(${JSON.stringify(path)}, 20));`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', text], {
    encoding: 'utf8',
    timeout: LONG,
  });
  t.match(run, { status: 0, signal: null, stdout: 'false\n' });
});
