/**
 * Directories in which files are being written all the time. Who writes and keeps the file open is seen by each of
 * its writes only (inotify's MODIFY), and a million of those a second would slow the writer down. So after some of
 * them the directory's are not listened to for half a second, and then everything held in it is looked at.
 */
import type { Node } from '../filesystem/node.js';

export interface StirredOptions {
  /** Writes in the directory are told no more. */
  readonly deafen: (directory: Node) => void;
  /** Writes are told again, and what was missed is looked for. */
  readonly listen: (directory: Node) => void;
}

/** Writes heard in one window. */
const MOST = 20;
const WINDOW_MS = 500;

export class Stirred {
  readonly #options: StirredOptions;
  readonly #heard = new Map<Node, number>();
  readonly #deaf = new Set<Node>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StirredOptions) {
    this.#options = options;
  }

  /** Whether a write in the directory would go unheard now: then nothing in it is believed for long. */
  has(directory: Node): boolean {
    return this.#deaf.has(directory);
  }

  /** A file in the directory was written. */
  heard(directory: Node): void {
    if (this.#deaf.has(directory)) return;
    const times = (this.#heard.get(directory) ?? 0) + 1;
    this.#heard.set(directory, times);
    if (times > MOST) {
      this.#deaf.add(directory);
      this.#options.deafen(directory);
    }
    this.#timer ??= setTimeout(() => this.#renew(), WINDOW_MS).unref();
  }

  #renew(): void {
    this.#timer = undefined;
    const deaf = [...this.#deaf];
    this.#deaf.clear();
    this.#heard.clear();
    for (const directory of deaf) this.#options.listen(directory);
  }

  /** The directory is not watched any more. */
  forget(directory: Node): void {
    this.#deaf.delete(directory);
    this.#heard.delete(directory);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
