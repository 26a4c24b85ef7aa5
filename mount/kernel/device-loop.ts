/**
 * Reads requests from /dev/fuse on this thread's event loop and has them answered: poll says when there are
 * some, then they are read until there are none. Between two requests of one program lie a few microseconds,
 * fewer than a thread takes to fall asleep and wake up, so the loop asks a little longer before it sleeps.
 */
import { libc } from '../../lib/os/libc.js';
import { readDevice } from '../../lib/os/fuse-device.js';
import { Patience } from './patience.js';
import type { Session } from './session.js';

export interface LoopOptions {
  /** Not blocking: lib/os/fuse-device.ts. */
  readonly fd: number;
  readonly session: Session;
  /** For how long after a request the next one is asked for without sleeping, at most. */
  readonly spinMicroseconds: number;
  /** The mount is gone, or reading failed; nothing is read any more. */
  readonly onEnd: (error: unknown) => void;
}

/** Requests before timers and sockets of the thread get their turn. */
const AT_ONCE = 256;

export class DeviceLoop {
  readonly #options: LoopOptions;
  readonly #patience: Patience;
  #handle: { close(): void } | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#patience = new Patience(options.spinMicroseconds / 1000);
  }

  start(): void {
    this.#handle = libc().onReadable(this.#options.fd, () => this.#drain());
  }

  stop(): void {
    this.#handle?.close();
    this.#handle = undefined;
  }

  #drain(): void {
    try {
      if (!this.#readAll()) this.#end(undefined);
    } catch (error) {
      this.#end(error);
    }
    // The poll's callback runs no microtasks when it returns; an immediate's does.
    if (this.#options.session.pending > 0) setImmediate(nothing);
  }

  /** @returns false when the mount is gone */
  #readAll(): boolean {
    const { fd, session } = this.#options;
    const patience = this.#patience;
    patience.woken(performance.now());
    let until = 0;
    for (let handled = 0; handled < AT_ONCE && this.#handle !== undefined;) {
      const length = readDevice(fd, session.memory.bytes);
      if (length === 0) return false;
      if (length > 0) {
        if (until > 0) patience.rewarded();
        session.receive(length);
        handled += 1;
        until = 0;
        continue;
      }
      const now = performance.now();
      if (until === 0) until = now + patience.milliseconds;
      if (now < until) continue;
      patience.exhausted(now);
      return true;
    }
    return true;
  }

  #end(error: unknown): void {
    if (this.#handle === undefined) return;
    this.stop();
    this.#options.onEnd(error);
  }
}

function nothing(): void {
  // Waking the event loop is all it does.
}
