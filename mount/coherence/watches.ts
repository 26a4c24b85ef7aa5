/**
 * Directories whose changes the kernel of the disk tells us (inotify), so that what is done behind every door shows
 * soon. As many as may be had: where there is none, nothing is believed for long.
 */
import { type Inotify, IN } from '../../lib/os/inotify.js';
import { closeFd, openDirectory } from '../../lib/os/open.js';
import { fileSystem, statFd } from '../../lib/os/stat.js';
import type { Node } from '../filesystem/node.js';
import { borrow, drop } from '../filesystem/opening.js';

const WATCHED =
  IN.CREATE |
  IN.DELETE |
  IN.MOVED_FROM |
  IN.MOVED_TO |
  IN.ATTRIB |
  IN.CLOSE_WRITE |
  IN.DELETE_SELF |
  IN.MOVE_SELF |
  IN.ONLYDIR;

/**
 * f_type of filesystems that only this machine changes (linux/magic.h): of others inotify tells what we do, not what
 * the other machines do. ext2–4, xfs, btrfs, tmpfs, ramfs, f2fs, zfs, bcachefs, overlayfs, exfat, vfat, ntfs3, jfs.
 */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x858458f6, 0xf2f52010, 0x2fc12fc1, 0xca451a4e, 0x794c7630,
  0x2011bab0, 0x4d44, 0x7366746e, 0x3153464a,
]);

/** After being refused one, this long none is asked for. */
const PAUSE_MS = 5000;

export interface WatchesOptions {
  readonly inotify: Inotify;
  /** So many at most: each keeps an inode in the kernel's memory. */
  readonly limit: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** The store's directory, which no node holds: the level above the buckets is no inode. */
  readonly top: string | undefined;
}

export class Watches {
  readonly #options: WatchesOptions;
  readonly #byNumber = new Map<number, Node>();
  readonly #numbers = new Map<Node, number>();
  readonly #local = new Map<number, boolean>();
  /** Directories that cannot be watched: not readable by us. */
  readonly #refused = new WeakSet<Node>();
  #pausedUntil = 0;

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#numbers.size;
  }

  has(directory: Node): boolean {
    return this.#numbers.has(directory);
  }

  nodeOf(number: number): Node | undefined {
    return this.#byNumber.get(number);
  }

  get nodes(): Iterable<Node> {
    return this.#numbers.keys();
  }

  /** Watches it from now on. What was looked at before this call may have changed unseen. */
  add(directory: Node): void {
    if (this.#numbers.has(directory)) return;
    const { limit, now } = this.#options;
    if (this.#numbers.size >= limit || this.#pausedUntil > now() || this.#refused.has(directory)) return;
    try {
      const number = this.#watch(directory, WATCHED | IN.MODIFY);
      if (number === undefined) return;
      this.#byNumber.set(number, directory);
      this.#numbers.set(directory, number);
    } catch {
      this.#refused.add(directory);
    }
  }

  /** Whether writes into its files are told, each of them; a watch starts with that. */
  hear(directory: Node, writes: boolean): void {
    if (!this.#numbers.has(directory)) return;
    try {
      this.#watch(directory, writes ? WATCHED | IN.MODIFY : WATCHED);
    } catch {
      // It is gone, and the watch with it.
    }
  }

  #watch(directory: Node, mask: number): number | undefined {
    const { top } = this.#options;
    if (directory.dev >= 0) {
      const fd = borrow(directory);
      try {
        return this.#watchAt(directory, fd, mask);
      } finally {
        drop(directory, fd);
      }
    }
    if (top === undefined) throw new Error('no directory');
    const fd = openDirectory(top);
    try {
      return this.#watchAt(directory, fd, mask);
    } finally {
      closeFd(fd);
    }
  }

  #watchAt(directory: Node, fd: number, mask: number): number | undefined {
    const { inotify, now } = this.#options;
    if (!this.#isLocal(statFd(fd).dev, fd)) {
      this.#refused.add(directory);
      return undefined;
    }
    const number = inotify.add(`/proc/self/fd/${fd}`, mask);
    if (number === undefined) this.#pausedUntil = now() + PAUSE_MS;
    return number;
  }

  #isLocal(dev: number, fd: number): boolean {
    let local = this.#local.get(dev);
    if (local === undefined) {
      local = LOCAL.has(fileSystem(fd).type);
      this.#local.set(dev, local);
    }
    return local;
  }

  remove(directory: Node): void {
    const number = this.#numbers.get(directory);
    if (number === undefined) return;
    this.#forget(number, directory);
    this.#options.inotify.remove(number);
  }

  /** The watch went by itself. */
  ended(number: number): void {
    const directory = this.#byNumber.get(number);
    if (directory !== undefined) this.#forget(number, directory);
  }

  #forget(number: number, directory: Node): void {
    this.#byNumber.delete(number);
    this.#numbers.delete(directory);
  }
}
