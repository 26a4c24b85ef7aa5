import { closeSync, openSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { encodeNotification } from '../../../mount/kernel/notifications.js';
import { directory } from '../../system/disk.js';

const CAN = { expireOnly: true, epoch: true };

t.test('each message of a task is written by itself, in order, before the task is done', async (t) => {
  const path = join(directory(t), 'device');
  const fd = openSync(path, 'w');
  const thread = new Worker(new URL('../../../mount/kernel/notifier-thread.js', import.meta.url), {
    workerData: fd,
  });
  t.teardown(async () => {
    await thread.terminate();
    closeSync(fd);
  });
  const first = encodeNotification({ kind: 'inode', node: 5n, offset: -1, length: 0 }, CAN);
  const name = Buffer.from('cat.jpg');
  const second = encodeNotification({ kind: 'entry', parent: 1n, name, expire: false }, CAN);
  thread.postMessage({ id: 7, bytes: Buffer.concat([first, second]) });
  const [id] = (await once(thread, 'message')) as [number];
  t.equal(id, 7);
  t.strictSame(readFileSync(path), Buffer.concat([first, second]));
});

t.test('a mount that is gone does not keep a task from being done', async (t) => {
  const thread = new Worker(new URL('../../../mount/kernel/notifier-thread.js', import.meta.url), {
    workerData: -1,
  });
  t.teardown(() => thread.terminate().then(() => undefined));
  thread.postMessage({ id: 1, bytes: encodeNotification({ kind: 'epoch' }, CAN) });
  t.strictSame(await once(thread, 'message'), [1]);
});
