/** What is known of an object stays true when its file is edited through the mount. */
import { fullStatFd } from '../../lib/os/stat.js';
import type { Edit } from './metadata.js';
import type { Mounted } from './mounted.js';
import type { Node } from './node.js';

/** @param fd of the file; @returns what `afterEdit` wants to know */
export function beforeEdit(mounted: Mounted, node: Node, fd: number): Edit | undefined {
  const bucket = mounted.nodes.bucketOf(node);
  return bucket === undefined || bucket.closed ? undefined : mounted.metadata.beforeEdit(bucket, fd);
}

export function afterEdit(mounted: Mounted, node: Node, fd: number, before: Edit | undefined): void {
  if (before === undefined) return;
  const bucket = mounted.nodes.bucketOf(node);
  if (bucket === undefined || bucket.closed) return;
  mounted.metadata.afterEdit(bucket, mounted.nodes.keyOf(node), fd, before);
}

/** The kernel's pages are those of the content: nothing changed since it was told, nor in the same tick. */
export function isAsShown(node: Node, fd: number, nowNs: bigint): boolean {
  const { shown } = node;
  if (shown === undefined || node.writers > 0) return false;
  const { mtimeNs, size } = fullStatFd(fd);
  return mtimeNs === shown.mtimeNs && size === shown.size && nowNs - mtimeNs > RACY_NS;
}

/** The coarsest clock a filesystem has (FAT). */
const RACY_NS = 2_000_000_000n;
