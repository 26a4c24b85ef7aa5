/**
 * Telling the kernel to forget, without waiting where requests are answered: a name's invalidation needs the
 * lock of its directory, which the kernel holds while we answer a lookup there, and content's needs pages that
 * a READ of ours is to fill. So a thread writes them that does nothing else. INC_EPOCH takes no lock, and is
 * written at once: it is what helps when that thread waits too long.
 */
import { Worker } from 'node:worker_threads';
import { writeDevice } from '../../lib/os/fuse-device.js';
import { encodeNotification, type Notifiable, type Notification } from './notifications.js';

export interface Notifier {
  /** What this kernel understands; an epoch it does not know is not sent. */
  readonly can: Notifiable;
  /** Resolves when the kernel has done it, or has nothing to do, or is gone. Never rejects. */
  send(notifications: readonly Notification[]): Promise<void>;
}

/** To the thread: messages one after the other, each with its length in front. */
export interface NotifierTask {
  readonly id: number;
  readonly bytes: Uint8Array;
}

export class ThreadNotifier implements Notifier {
  readonly can: Notifiable;
  readonly #fd: number;
  readonly #waiting = new Map<number, () => void>();
  #worker: Worker | undefined;
  #next = 0;
  #closed = false;

  /** @param fd of /dev/fuse; stays the caller's */
  constructor(fd: number, can: Notifiable) {
    this.#fd = fd;
    this.can = can;
  }

  send(notifications: readonly Notification[]): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const slow: Buffer[] = [];
    for (const notification of notifications) {
      if (notification.kind !== 'epoch') slow.push(encodeNotification(notification, this.can));
      else if (this.can.epoch) writeDevice(this.#fd, encodeNotification(notification, this.can));
    }
    if (slow.length === 0) return Promise.resolve();
    const bytes = slow.length === 1 ? (slow[0] ?? Buffer.of()) : Buffer.concat(slow);
    return this.#hand(bytes);
  }

  /**
   * Nobody waits any more. A thread that the kernel holds ends once the mount has: unmount or abort first.
   * Resolves when it has ended.
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#settleAll();
    await this.#worker?.terminate();
  }

  #hand(bytes: Uint8Array): Promise<void> {
    const worker = (this.#worker ??= this.#start());
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      worker.postMessage({ id, bytes } satisfies NotifierTask);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./notifier-thread.js', import.meta.url), {
      workerData: this.#fd,
      execArgv: [],
    });
    worker.unref();
    worker.on('message', (id: number) => {
      this.#waiting.get(id)?.();
      this.#waiting.delete(id);
    });
    worker.on('error', () => this.#settleAll());
    worker.on('exit', () => {
      this.#worker = undefined;
      this.#settleAll();
    });
    return worker;
  }

  #settleAll(): void {
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }
}
