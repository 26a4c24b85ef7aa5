/** stat(2)'s facts as the mount shows them: those of the disk, with the node's id for the inode number. */
import type { FullStat } from '../../lib/os/stat.js';
import type { Shown } from '../model.js';
import type { Attributes, Fresh } from './filesystem.js';
import type { Mounted } from './mounted.js';
import type { Node } from './node.js';
import { shownAs } from './showing.js';

export function attributesOf(node: Node, stat: FullStat, show: Shown): Attributes {
  const { mode, uid, gid } = shownAs(show, stat);
  return {
    ino: node.id,
    mode,
    nlink: stat.nlink,
    uid,
    gid,
    rdev: stat.rdev,
    size: stat.size,
    blocks: stat.blocks,
    blockSize: stat.blockSize,
    atimeNs: stat.atimeNs,
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    birthtimeNs: stat.birthtimeNs,
  };
}

/** What the kernel is told of a node; the node remembers it. */
export function freshOf({ freshness, show }: Mounted, node: Node, stat: FullStat): Fresh {
  node.shown = { mtimeNs: stat.mtimeNs, size: stat.size };
  return { attributes: attributesOf(node, stat, show), attributesFor: freshness.attributesFor(node, stat) };
}

/** The level above the buckets where no directory stands for it: buckets are mapped one by one. */
export function nowhere(buckets: number, nowNs: bigint): FullStat {
  return {
    dev: 0,
    ino: 1n,
    mode: 0o040555,
    nlink: 2 + buckets,
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    rdev: 0,
    size: 0,
    blocks: 0,
    blockSize: 4096,
    atimeNs: nowNs,
    mtimeNs: nowNs,
    ctimeNs: nowNs,
    birthtimeMs: undefined,
    birthtimeNs: undefined,
    mountId: undefined,
  };
}
