/** Writes notifications to /dev/fuse, one after the other, and may wait in the kernel at each. See notifier.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { writeDevice } from '../../lib/os/fuse-device.js';
import type { NotifierTask } from './notifier.js';

const port = parentPort;
if (port === null)
  throw new Error('mount/kernel/notifier-thread.js is started by the notifier, not by itself');

const fd = workerData as number;

port.on('message', ({ id, bytes }: NotifierTask) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at, true);
    // What the kernel does not know it need not forget (ENOENT); a mount that is gone has forgotten all.
    writeDevice(fd, bytes.subarray(at, at + length));
    at += length;
  }
  port.postMessage(id);
});
