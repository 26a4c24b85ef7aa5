/** What the parts of the filesystem work on: one mount, as its session thread has it. */
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Bucket } from '../../lib/store/bucket.js';
import type { Shown } from '../model.js';
import type { Anchors } from './anchors.js';
import type { NodeId } from './filesystem.js';
import type { Freshness } from './freshness.js';
import type { Handles } from './handles.js';
import type { Metadata } from './metadata.js';
import type { Node } from './node.js';
import type { Nodes } from './nodes.js';
import type { Top } from './top.js';

export interface Mounted {
  readonly nodes: Nodes;
  readonly handles: Handles;
  readonly anchors: Anchors;
  readonly freshness: Freshness;
  readonly metadata: Metadata;
  /** Where buckets are names; undefined when the mount is one bucket. */
  readonly top: Top | undefined;
  readonly readOnly: boolean;
  /** Whose everything is shown as. */
  readonly show: Shown;
}

/** @throws SystemError EROFS */
export function mayWrite({ readOnly }: Mounted): void {
  if (readOnly) throw new SystemError(E.EROFS, 'mount');
}

/** Whether the node is the level above the buckets. */
export function isTop({ nodes, top }: Mounted, node: Node): boolean {
  return top !== undefined && node === nodes.root;
}

/** A directory below the top, to change entries of. @throws SystemError EROFS, ESTALE, ENOTDIR; EPERM at the top */
export function changeable(mounted: Mounted, id: NodeId): Node {
  mayWrite(mounted);
  const node = mounted.nodes.directory(id);
  if (isTop(mounted, node)) throw new SystemError(E.EPERM, 'mount');
  return node;
}

/** A node's bucket, open. @throws SystemError ESTALE when it is gone */
export function bucketOf({ nodes }: Mounted, node: Node): Bucket {
  const bucket = nodes.bucketOf(node);
  if (bucket === undefined || bucket.closed) throw new SystemError(E.ESTALE, 'bucket');
  return bucket;
}
