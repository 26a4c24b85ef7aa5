/** What is known of an object stays true when its file is edited through the mount. */
import { fullStatFd, statFd } from '../../lib/os/stat.js';
import { setTimes } from '../../lib/os/times.js';
import type { Bucket } from '../../lib/store/bucket.js';
import type { Eventually } from '../../lib/store/store.js';
import type { Edit } from './metadata.js';
import type { Mounted } from './mounted.js';
import type { Node } from './node.js';

/** undefined where there are no objects (any more): a file is a file all the same. */
function bucketOf({ nodes }: Mounted, node: Node): Bucket | undefined {
  const bucket = node.isFile ? nodes.bucketOf(node) : undefined;
  return bucket?.closed === true ? undefined : bucket;
}

/** @returns what `afterEdit` wants to know */
export function beforeEdit(mounted: Mounted, node: Node, fd: number): Edit | undefined {
  const bucket = bucketOf(mounted, node);
  return bucket === undefined
    ? undefined
    : mounted.metadata.beforeEdit(bucket, mounted.nodes.keyOf(node), fd);
}

/** As beforeEdit, of a file just made: nobody has vouched for its content. */
export function editOfNew(fd: number): Edit {
  return { stat: statFd(fd), described: false, racy: true };
}

/** It may have been written to. The descriptor is good until what is returned has settled. */
export function afterEdit(
  mounted: Mounted,
  node: Node,
  fd: number,
  before: Edit | undefined,
): Eventually<void> {
  const bucket = bucketOf(mounted, node);
  if (before === undefined || bucket === undefined) return;
  return mounted.metadata.afterEdit(bucket, mounted.nodes.keyOf(node), fd, before);
}

/** utimensat(2): nanoseconds, the moment of the call, or undefined: that one stays. */
export function editTimes(
  mounted: Mounted,
  node: Node,
  fd: number,
  atimeNs: bigint | 'now' | undefined,
  mtimeNs: bigint | 'now' | undefined,
): Eventually<void> {
  const bucket = bucketOf(mounted, node);
  if (mtimeNs === undefined || bucket === undefined) return setTimes(fd, atimeNs, mtimeNs);
  const { metadata, nodes } = mounted;
  const path = nodes.keyOf(node);
  const before = metadata.beforeEdit(bucket, path, fd);
  setTimes(fd, atimeNs, metadata.timeToSet(bucket, before, mtimeNs));
  return metadata.afterTimes(bucket, path, fd, before, mtimeNs);
}

/** The coarsest clock a filesystem has (FAT). */
const RACY_NS = 2_000_000_000n;

/** The kernel's pages are those of the content: nothing changed since it was told, nor in the same tick. */
export function isAsShown(node: Node, fd: number, nowNs: bigint): boolean {
  const { shown } = node;
  if (shown === undefined || node.writers > 0) return false;
  const { mtimeNs, size } = fullStatFd(fd);
  return mtimeNs === shown.mtimeNs && size === shown.size && nowNs - mtimeNs > RACY_NS;
}
