/** unlink, rmdir: names going. */
import { rmdirAt, unlinkAt } from '../../lib/os/link.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Eventually } from '../../lib/store/store.js';
import type { NodeId } from './filesystem.js';
import { changeable, isTop, mayWrite, type Mounted } from './mounted.js';
import type { Node } from './node.js';
import { withNode } from './opening.js';
import { parted, parting, stayed } from './orphans.js';
import { isReservedName } from './reserved.js';

export function unlink(mounted: Mounted, parent: NodeId, name: Buffer): void {
  const directory = changeable(mounted, parent);
  const key = mounted.nodes.keyOf(directory, name);
  const orphan = removed(mounted, directory, name, (fd) => unlinkAt(fd, name));
  const bucket = mounted.nodes.bucketOf(directory);
  if (orphan !== undefined && bucket !== undefined && !bucket.closed) {
    mounted.metadata.removed(bucket, key, orphan);
  }
}

export function rmdir(mounted: Mounted, parent: NodeId, name: Buffer): Eventually<void> {
  mayWrite(mounted);
  const directory = mounted.nodes.directory(parent);
  if (isTop(mounted, directory)) return removeBucket(mounted, directory, name);
  removed(mounted, directory, name, (fd) => rmdirAt(fd, name));
}

async function removeBucket(mounted: Mounted, top: Node, name: Buffer): Promise<void> {
  await mounted.top?.rmdir(name);
  mounted.nodes.drop(top, name.toString('latin1'));
}

/** @returns a descriptor of what has no name any more, when the kernel knows it */
function removed(
  mounted: Mounted,
  directory: Node,
  name: Buffer,
  remove: (fd: number) => void,
): number | undefined {
  if (isReservedName(name)) throw new SystemError(E.ENOENT, 'unlink');
  return withNode(directory, (fd) => {
    const going = parting(mounted, directory, name);
    try {
      remove(fd);
    } catch (error) {
      stayed(going);
      throw error;
    }
    const orphan = parted(going);
    mounted.nodes.drop(directory, name.toString('latin1'));
    return orphan;
  });
}
