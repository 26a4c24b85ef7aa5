/**
 * What loses its last name while the kernel knows it: a descriptor keeps the inode until the kernel forgets it, so
 * that whoever has it (as a working directory, by O_PATH) can still ask it.
 */
import { closeFd, O } from '../../lib/os/open.js';
import { statFd } from '../../lib/os/stat.js';
import { isErrno } from '../../lib/os/system-error.js';
import type { Mounted } from './mounted.js';
import type { Node } from './node.js';
import { openNode } from './opening.js';

/** The name is about to go. @returns what to tell when it is known whether it did */
export function parting(mounted: Mounted, parent: Node, name: Buffer): Parting {
  const node = mounted.nodes.child(parent, name);
  if (node === undefined || node.pin !== undefined || node.opened.length > 0) return { node, fd: undefined };
  return { node, fd: tryOpen(node) };
}

export interface Parting {
  readonly node: Node | undefined;
  readonly fd: number | undefined;
}

/** The name stayed. */
export function stayed({ fd }: Parting): void {
  if (fd !== undefined) closeFd(fd);
}

/** The name went, and with it, perhaps, the last one. @returns a descriptor of what has no name any more */
export function parted({ node, fd }: Parting): number | undefined {
  const mine = fd ?? node?.pin ?? node?.opened[0];
  if (node === undefined || mine === undefined) return undefined;
  if (statFd(mine).nlink > 0) {
    stayed({ node, fd });
    return undefined;
  }
  if (fd !== undefined) node.pin = fd;
  return mine;
}

function tryOpen(node: Node): number | undefined {
  try {
    return openNode(node, O.PATH);
  } catch (error) {
    // Something else has the name by now; the inode the kernel knew is gone already.
    if (isErrno(error, 'ESTALE', 'ENOENT')) return undefined;
    throw error;
  }
}
