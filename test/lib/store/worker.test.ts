import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { TaskReply } from '../../../lib/store/pool.js';
import { OPTIONS } from './bucket-in.js';

t.test('a thread answers each request by its number, whatever the others come to', async (t) => {
  const directory = t.testdir({ photos: { a: 'content' } });
  const workerData = { ...OPTIONS, directory, buckets: new Map(), cacheBytes: 0 };
  const worker = new Worker(new URL('../../../lib/store/worker.js', import.meta.url), { workerData });
  const replies = new Map<number, TaskReply>();
  const all = new Promise<void>((resolve) => {
    worker.on('message', (reply: TaskReply) => {
      replies.set(reply.id, reply);
      if (replies.size === 4) resolve();
    });
  });
  worker.postMessage({ id: 7, task: 'head', args: ['photos', 'a'] });
  worker.postMessage({ id: 8, task: 'head', args: ['photos', 'nothing'] });
  worker.postMessage({ id: 9, task: 'no such task', args: [] });
  worker.postMessage({ id: 10, task: 'open', args: ['photos', 'a'] });
  await all;
  t.match(replies.get(7), { value: { info: { size: 7 } } });
  t.match(replies.get(8), { error: { code: 'NoSuchKey' } });
  t.match(replies.get(9), { error: { code: 'Internal' } });
  const opened = replies.get(10);
  t.match(opened, { value: { body: Buffer.from('content') } });
  await worker.terminate();
});

t.test('it is started by the pool, not run by itself', async (t) => {
  await t.rejects(import('../../../lib/store/worker.js'), { message: /started by the pool/ });
});
