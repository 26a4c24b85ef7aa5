import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import type { StoreOptions } from '../../../lib/store/options.js';
import type { TaskReply, TaskRequest } from '../../../lib/store/pool.js';
import { optionsIn } from './engine-in.js';
import { PLAIN } from '../../../lib/store/record.js';

const SOURCE = new URL('../../../lib/store/worker.js', import.meta.url);

function start(t: Test, workerData: StoreOptions): Worker {
  const worker = new Worker(SOURCE, { workerData, execArgv: [] });
  t.teardown(() => worker.terminate());
  return worker;
}

/** Posts all at once. @returns the answers as they come */
async function ask(worker: Worker, requests: readonly Omit<TaskRequest, 'id'>[]): Promise<TaskReply[]> {
  const replies: TaskReply[] = [];
  const all = new Promise<void>((resolve) => {
    worker.on('message', (reply: TaskReply) => {
      if (replies.push(reply) === requests.length) resolve();
    });
  });
  requests.forEach((request, id) => worker.postMessage({ id, ...request } satisfies TaskRequest));
  await all;
  return replies;
}

t.test('a thread answers each task by its number; what does not wait, in the order it came', async (t) => {
  const worker = start(t, optionsIn(t));
  const heads = Array.from({ length: 50 }, () => ({ task: 'bucket', args: ['photos'] }) as const);
  const replies = await ask(worker, heads);
  t.strictSame(
    replies.map(({ id }) => id),
    heads.map((_, at) => at),
  );
  t.match(replies[49], { value: { name: 'photos', mapped: false, settings: {} } });
});

t.test('what a task throws is its answer, as data, and the thread goes on', async (t) => {
  const worker = start(t, optionsIn(t));
  const replies = await ask(worker, [
    { task: 'head', args: ['photos', 'none'] },
    { task: 'bucket', args: ['nowhere'] },
    { task: 'bucket', args: ['photos'] },
  ]);
  const byId = new Map(replies.map((reply) => [reply.id, reply]));
  t.match(byId.get(0), { error: { code: 'NoSuchKey', detail: { key: 'none' } } });
  t.match(byId.get(1), { error: { code: 'NoSuchBucket', detail: { bucket: 'nowhere' } } });
  t.match(byId.get(2), { value: { name: 'photos' } });
});

t.test('hashes are ready before the first task: a body may come with any checksum', async (t) => {
  const worker = start(t, optionsIn(t));
  const request = {
    attributes: PLAIN,
    conditions: {},
    checksums: [{ algorithm: 'XXHASH3', type: 'FULL_OBJECT', value: 'AAAAAAAAAAA=' }],
  };
  const [put] = await ask(worker, [
    { task: 'putBytes', args: ['photos', 'k', Buffer.from('body'), '0'.repeat(32), request] },
  ]);
  t.match(put, { value: { key: 'k', size: 4, checksums: request.checksums } });
});

t.test('a thread that cannot open its store ends with the error', async (t) => {
  const worker = start(t, optionsIn(t, { directory: `${t.testdir({})}/none` }));
  const [error] = (await once(worker, 'error')) as [Error];
  t.match(error.message, /ENOENT/);
});

t.test('it does not run by itself', (t) => {
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(SOURCE)], {
    encoding: 'utf8',
    env: {},
  });
  t.equal(status, 1);
  t.match(stderr, /is started by the pool, not run by itself/);
  t.end();
});
