/** What stands on the disk now, where the kernel holds something: looked at through the nodes themselves. */

import { handleAt } from '../../lib/os/handle.js';
import { type Stat, statFd, tryStatAt } from '../../lib/os/stat.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { sameFile } from '../../lib/store/stamp.js';
import type { Node } from '../filesystem/node.js';
import { withNode } from '../filesystem/opening.js';

export interface Ground {
  /** undefined: the inode is gone, or is nothing on the disk (the level above buckets mapped one by one). */
  itself(node: Node): Stat | undefined;
  /** @param name bytes as Latin-1 */
  entry(directory: Node, name: string): Stat | undefined;
  /** Whether the entry that was just looked at is the node, and not another inode that was given its number. */
  is(directory: Node, name: string, found: Stat, node: Node): boolean;
}

/** The level above the buckets, where that is the root. */
export interface Tops {
  /** The store's directory, open; undefined when buckets are mapped one by one. */
  readonly fd: number | undefined;
  lookup(name: Buffer): Bucket | undefined;
}

/** Whatever cannot be looked at counts as gone: then the kernel asks again, and gets the error. */
export class DiskGround implements Ground {
  readonly #root: Node;
  readonly #top: Tops | undefined;

  constructor(root: Node, top: Tops | undefined) {
    this.#root = root;
    this.#top = top;
  }

  itself(node: Node): Stat | undefined {
    try {
      if (node === this.#root && this.#top !== undefined) {
        return this.#top.fd === undefined ? undefined : statFd(this.#top.fd);
      }
      return withNode(node, statFd);
    } catch {
      return undefined;
    }
  }

  entry(directory: Node, name: string): Stat | undefined {
    const bytes = Buffer.from(name, 'latin1');
    try {
      if (directory === this.#root && this.#top !== undefined) {
        const bucket = this.#top.lookup(bytes);
        return bucket === undefined ? undefined : statFd(bucket.rootFd);
      }
      return withNode(directory, (fd) => tryStatAt(fd, bytes));
    } catch {
      return undefined;
    }
  }

  is(directory: Node, name: string, found: Stat, node: Node): boolean {
    if (!sameFile(found, node)) return false;
    if (node.handle === undefined || directory.dev < 0) return true;
    try {
      const handle = withNode(directory, (fd) => handleAt(fd, Buffer.from(name, 'latin1')));
      return handle === undefined || handle.bytes.equals(node.handle.bytes);
    } catch {
      return false;
    }
  }
}
