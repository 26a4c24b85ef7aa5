/** unlink, rmdir: names going. */
import { rmdirAt, unlinkAt } from '../../lib/os/link.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Eventually } from '../../lib/store/store.js';
import type { NodeId } from './filesystem.js';
import { underKeys } from './locking.js';
import { bucketOf, changeable, isTop, mayWrite, type Mounted } from './mounted.js';
import type { Node } from './node.js';
import { withNode } from './opening.js';
import { parted, parting, stayed } from './orphans.js';
import { isReservedName } from './reserved.js';

export function unlink(mounted: Mounted, parent: NodeId, name: Buffer): Eventually<void> {
  const directory = changeable(mounted, parent);
  const path = mounted.nodes.keyOf(directory, name);
  return withNode(directory, (fd) =>
    underKeys(bucketOf(mounted, directory), [path], () =>
      remove(mounted, directory, name, false, () => unlinkAt(fd, name)),
    ),
  );
}

export function rmdir(mounted: Mounted, parent: NodeId, name: Buffer): Eventually<void> {
  mayWrite(mounted);
  const directory = mounted.nodes.directory(parent);
  if (isTop(mounted, directory)) return removeBucket(mounted, directory, name);
  withNode(directory, (fd) => remove(mounted, directory, name, true, () => rmdirAt(fd, name)));
}

async function removeBucket(mounted: Mounted, top: Node, name: Buffer): Promise<void> {
  await mounted.top?.rmdir(name);
  mounted.nodes.drop(top, name.toString('latin1'));
}

/** Runs `unlinking`, and whatever is known of the name and its inode follows. */
function remove(
  mounted: Mounted,
  directory: Node,
  name: Buffer,
  isDirectory: boolean,
  unlinking: () => void,
): void {
  const bucket = bucketOf(mounted, directory);
  if (isReservedName(name, bucket)) throw new SystemError(E.ENOENT, 'unlink');
  const { metadata, nodes } = mounted;
  const going = parting(mounted, directory, name);
  try {
    unlinking();
  } catch (error) {
    stayed(going);
    throw error;
  }
  const orphan = parted(going);
  if (orphan !== undefined || !bucket.volume.attributes) {
    metadata.removed(bucket, nodes.keyOf(directory, name), orphan, isDirectory);
  }
  nodes.drop(directory, name.toString('latin1'));
}
