/**
 * Which open files the kernel reads and writes past us: docs.kernel.org/filesystems/fuse-passthrough.html and
 * fs/fuse/iomode.c. While any open of an inode lives, all of them are of one mode, and with passthrough of one
 * backing id; whatever else is answered fails the caller's open with EIO. So the first open of a node decides,
 * the others follow, and the last release gives the backing id back. The kernel lets go of an inode's mode
 * before it sends the RELEASE, so counting by RELEASE never lets go too early.
 */
import { isErrno } from '../../lib/os/system-error.js';
import type { NodeId } from '../filesystem/filesystem.js';

/** The kernel's side: lib/os/fuse-device.ts. */
export interface BackingDevice {
  /**
   * @param writing the descriptor may be open for writing; what the kernel keeps is not, or every reader
   *   would look like a writer to the lease that tells whether a file is settled
   * @returns the id, positive @throws SystemError
   */
  open(fd: number, writing: boolean): number;
  close(id: number): void;
}

interface InUse {
  /** 0: cached. */
  readonly id: number;
  opens: number;
}

export class Backings {
  readonly #device: BackingDevice;
  readonly #inUse = new Map<NodeId, InUse>();
  #possible: boolean;

  constructor(device: BackingDevice, possible: boolean) {
    this.#device = device;
    this.#possible = possible;
  }

  /** False as well once the kernel has said that we may not. */
  get possible(): boolean {
    return this.#possible;
  }

  /**
   * One more open of the node.
   * @param fd the file, if it may be passed through
   * @returns the backing id for the answer; 0: the open is a cached one
   */
  enter(node: NodeId, fd: number | undefined, writing: boolean): number {
    const known = this.#inUse.get(node);
    if (known !== undefined) {
      known.opens += 1;
      return known.id;
    }
    const id = fd === undefined || !this.#possible ? 0 : this.#lend(fd, writing);
    this.#inUse.set(node, { id, opens: 1 });
    return id;
  }

  /** One open fewer: released, or its answer did not reach the kernel. */
  leave(node: NodeId): void {
    const known = this.#inUse.get(node);
    if (known === undefined) return;
    known.opens -= 1;
    if (known.opens > 0) return;
    this.#inUse.delete(node);
    if (known.id > 0) this.#device.close(known.id);
  }

  #lend(fd: number, writing: boolean): number {
    try {
      return this.#device.open(fd, writing);
    } catch (error) {
      // Not this file: a filesystem that is stacked too deep, or none with read and write of its own.
      // EPERM is about us, and so about every file.
      if (isErrno(error, 'EPERM')) this.#possible = false;
      return 0;
    }
  }
}
