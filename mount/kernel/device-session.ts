/** A session on its device: /dev/fuse read, answered and notified through one descriptor. For one thread. */
import { backingClose, backingOpen, writeDevice } from '../../lib/os/fuse-device.js';
import { withoutSetId } from '../../lib/os/credentials.js';
import { closeFd, O } from '../../lib/os/open.js';
import { reopen } from '../../lib/os/reopen.js';
import { isErrno } from '../../lib/os/system-error.js';
import type { Filesystem } from '../filesystem/filesystem.js';
import { DeviceLoop } from './device-loop.js';
import type { Agreement, Wishes } from './negotiation.js';
import { encodeNotification } from './notifications.js';
import { type Notifier, ThreadNotifier } from './notifier.js';
import { OUT_HEADER } from './protocol.js';
import { type Channel, Session } from './session.js';

export interface DeviceSessionOptions {
  /** Mounted, and not blocking. Stays the caller's: closed after `stop`. */
  readonly fd: number;
  readonly filesystem: Filesystem;
  readonly wishes: Wishes;
  readonly spinMicroseconds: number;
  /** INIT is answered. Whoever invalidates does it by this notifier. */
  readonly onReady: (agreement: Agreement, notifier: Notifier) => void;
  /** No request comes any more: unmounted or aborted (undefined), or why. `stop` is still to be called. */
  readonly onEnd: (error: unknown) => void;
  readonly onFault: (operation: string, error: unknown) => void;
}

/** Linux 6.12: the kernel takes descriptors opened with O_PATH as backing files. */
const O_PATH_BACKING_SINCE = 41;

export class DeviceSession {
  readonly #options: DeviceSessionOptions;
  readonly #session: Session;
  readonly #loop: DeviceLoop;
  #notifier: ThreadNotifier | undefined;
  #minor = 0;

  constructor(options: DeviceSessionOptions) {
    this.#options = options;
    const { fd, filesystem, wishes, spinMicroseconds, onFault } = options;
    this.#session = new Session({
      filesystem,
      channel: this.#channel(),
      wishes,
      onReady: (agreement) => this.#ready(agreement),
      onRefused: (why) => this.#end(new Error(why)),
      onFault,
    });
    this.#loop = new DeviceLoop({
      fd,
      session: this.#session,
      spinMicroseconds,
      onEnd: (error) => this.#end(error),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** After it resolves nothing of ours touches the descriptor. What the kernel asked and nobody answered yet, fails. */
  async stop(): Promise<void> {
    this.#loop.stop();
    await Promise.all([this.#session.close(), this.#notifier?.close()]);
  }

  #ready(agreement: Agreement): void {
    this.#minor = agreement.minor;
    this.#notifier = new ThreadNotifier(this.#options.fd, agreement);
    this.#options.onReady(agreement, this.#notifier);
  }

  #end(error: unknown): void {
    this.#loop.stop();
    this.#options.onEnd(error);
  }

  #channel(): Channel {
    const { fd } = this.#options;
    const forget = { kind: 'inode', node: 0n, offset: -1, length: 0 } as const;
    const told = encodeNotification(forget, { expireOnly: false, epoch: false });
    return {
      send: ({ bytes }, length) => writeDevice(fd, bytes, length),
      backing: {
        open: (file, writing) => this.#lend(file, writing),
        close: (id) => giveBack(fd, id),
      },
      // Never waits: without an offset no page is touched, and a node that is open is not being evicted.
      attributesChange: (node) => {
        told.writeBigUInt64LE(node, OUT_HEADER);
        writeDevice(fd, told);
      },
    };
  }

  /** Writes past us have the rights we have now: without CAP_FSETID they clear set-user-ID as a user's do. */
  #lend(file: number, writing: boolean): number {
    if (!writing) return withoutSetId(() => backingOpen(this.#options.fd, file));
    const harmless = reopen(file, this.#minor >= O_PATH_BACKING_SINCE ? O.PATH : O.RDONLY);
    try {
      return withoutSetId(() => backingOpen(this.#options.fd, harmless));
    } finally {
      closeFd(harmless);
    }
  }
}

/** The kernel gives all of them back by itself when the mount goes, which may have been just now. */
function giveBack(fd: number, id: number): void {
  try {
    backingClose(fd, id);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTCONN', 'ENODEV', 'EPERM')) throw error;
  }
}
