/**
 * Nodes out of nothing but their number, for file handles of NFS that outlive what the kernel remembers. It can be
 * done where handles are inode number and generation, and generation 0 means any (ext2, ext3, ext4); and it is done
 * for what lies in a bucket and nowhere else: a number is easily made up.
 */
import { readlinkSync } from 'node:fs';
import { handleOf, openHandle } from '../../lib/os/handle.js';
import { closeFd, O, tryOpenBeneath } from '../../lib/os/open.js';
import { fullStatFd, type FullStat, statFd } from '../../lib/os/stat.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { sameFile } from '../../lib/store/stamp.js';
import type { Anchor } from './anchors.js';
import type { NodeId } from './filesystem.js';
import { generationOf, INO32_GEN } from './identity.js';
import type { Mounted } from './mounted.js';
import type { Node } from './node.js';
import type { Found } from './nodes.js';
import { isReservedName } from './reserved.js';

/** Whether numbers are enough for everything that lies on the root's filesystem. */
export function isRebuildable(root: Node): boolean {
  const { anchor } = root;
  if (anchor === undefined) return false;
  try {
    const fd = openNumber(anchor, root.ino);
    const found = statFd(fd);
    closeFd(fd);
    return found.ino === root.ino && found.dev === root.dev;
  } catch {
    return false;
  }
}

export interface Rebuilt {
  readonly found: Found;
  readonly stat: FullStat;
  readonly bucket: Bucket;
}

/**
 * A file whose name the kernel has not in memory does not tell where it lies: then it must be one we gave the number
 * of ourselves. @throws SystemError ESTALE for what is gone, or in no bucket, or cannot be shown to be in one
 */
export function rebuild(mounted: Mounted, id: NodeId): Rebuilt {
  const place = mounted.nodes.identity.inodeOf(id);
  for (const root of rootsOn(mounted, place?.dev)) {
    if (place === undefined || root.anchor === undefined) continue;
    const fd = openNumber(root.anchor, place.ino);
    try {
      const bucket = root.bucket;
      if (bucket === undefined || bucket.closed) continue;
      const stat = fullStatFd(fd);
      const handle = handleOf(fd);
      const generation = generationOf(stat, handle);
      if (!mounted.nodes.wasHeld(id, generation) && !isBelow(bucket, fd)) continue;
      const { dev, ino, mode } = stat;
      return { found: { generation, dev, ino, mode, handle, anchor: root.anchor }, stat, bucket };
    } finally {
      closeFd(fd);
    }
  }
  throw stale();
}

function rootsOn({ nodes }: Mounted, dev: number | undefined): Node[] {
  const roots = nodes.root.bucket === undefined ? [...(nodes.root.children?.values() ?? [])] : [nodes.root];
  return roots.filter((root) => root.dev === dev);
}

/** By number alone: generation 0 is any. */
function openNumber(anchor: Anchor, ino: bigint): number {
  if (ino > 0xffff_ffffn) throw stale();
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(Number(ino), 0);
  return openHandle(anchor.fd, { type: INO32_GEN, bytes }, O.PATH);
}

/** The path the kernel knows for it leads there from the bucket's root as well, and through nothing of ours. */
function isBelow(bucket: Bucket, fd: number): boolean {
  const root = readlinkSync(`/proc/self/fd/${bucket.rootFd}`, 'buffer');
  const path = readlinkSync(`/proc/self/fd/${fd}`, 'buffer');
  if (path.equals(root)) return true;
  const prefix = Buffer.concat([root, Buffer.from('/')]);
  if (!path.subarray(0, prefix.length).equals(prefix)) return false;
  const below = path.subarray(prefix.length);
  const names = below.toString('latin1').split('/');
  if (names.some((name) => isReservedName(Buffer.from(name, 'latin1'), bucket))) return false;
  const found = tryOpenBeneath(bucket.rootFd, below, O.PATH | O.NOFOLLOW);
  if (found < 0) return false;
  try {
    return sameFile(statFd(found), statFd(fd));
  } finally {
    closeFd(found);
  }
}

function stale(): SystemError {
  return new SystemError(E.ESTALE, 'open_by_handle_at');
}
