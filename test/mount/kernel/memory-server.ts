/**
 * Run as a program: `memory-server.js AT VALIDITY SLOW SPIN` mounts a filesystem in memory and obeys lines of
 * JSON on its standard input: {"notify":[…]}, {"stop":"unmount"} (unmounts first), {"stop":"stop"} (does not).
 */
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { openFuse } from '../../../lib/os/fuse-device.js';
import { mountFuse, unmount } from '../../../lib/os/mounts.js';
import { MS } from '../../../mount/kernel/mount-flags.js';

const [at = '', validity = '1', slow = '1', spin = '0'] = process.argv.slice(2);
const fd = openFuse();
mountFuse({
  source: 'memory',
  target: at,
  type: 'fuse.memory',
  flags: MS.NOSUID | MS.NODEV,
  data: `fd=${fd},rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other`,
});
const thread = new Worker(new URL('./memory-thread.js', import.meta.url), {
  workerData: { fd, validity: Number(validity), slow: Number(slow), spin: Number(spin) },
});
thread.on('message', (message) => process.stdout.write(`${JSON.stringify(message)}\n`));
thread.on('exit', () => process.exit(0));

const orders = createInterface(process.stdin);
orders.on('line', (line) => {
  const order = JSON.parse(line) as { stop?: string };
  if (order.stop === 'unmount') unmount(at, { detach: true });
  thread.postMessage(order);
});
