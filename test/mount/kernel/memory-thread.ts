/** The session thread of memory-server.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { DeviceSession } from '../../../mount/kernel/device-session.js';
import type { Notification } from '../../../mount/kernel/notifications.js';
import type { Notifier } from '../../../mount/kernel/notifier.js';
import { MemoryFilesystem } from './memory-filesystem.js';

const port = parentPort;
if (port === null) throw new Error('started by memory-server.js');

interface Sent {
  readonly kind: string;
  readonly node?: string;
  readonly parent?: string;
  readonly name?: string;
  readonly offset?: number;
  readonly length?: number;
  readonly expire?: boolean;
}

const { fd, validity, slow, spin } = workerData as Readonly<
  Record<'fd' | 'validity' | 'slow' | 'spin', number>
>;
const filesystem = new MemoryFilesystem(validity, slow);
let notifier: Notifier | undefined;

const session = new DeviceSession({
  fd,
  filesystem,
  wishes: { passthrough: false, exportable: false, stackDepth: 1 },
  spinMicroseconds: spin,
  onReady: (agreement, told) => {
    notifier = told;
    port.postMessage({ ready: agreement });
  },
  onEnd: (error) => port.postMessage({ end: error === undefined ? 'gone' : String(error) }),
  onFault: (operation, error) => port.postMessage({ fault: `${operation}: ${String(error)}` }),
});

function received({ kind, node, parent, name, offset, length, expire }: Sent): Notification {
  if (kind === 'inode') {
    return { kind, node: BigInt(node ?? ''), offset: offset ?? -1, length: length ?? 0 };
  }
  if (kind === 'epoch') return { kind };
  const bytes = Buffer.from(name ?? '', 'latin1');
  return { kind: 'entry', parent: BigInt(parent ?? ''), name: bytes, expire: expire ?? false };
}

port.on('message', (message: { notify?: readonly Sent[]; stop?: string }) => {
  if (message.notify !== undefined) {
    void notifier?.send(message.notify.map(received)).then(() => port.postMessage({ notified: true }));
  } else void session.stop().then(() => port.close());
});
session.start();
