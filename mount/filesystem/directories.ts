/** opendir, readdir, releasedir, fsyncdir: names of a directory, with what lookup says of each where wanted. */
import { constants } from 'node:fs';
import { syncFd } from '../../lib/os/fsync.js';
import { DT } from '../../lib/os/names.js';
import { O } from '../../lib/os/open.js';
import { tryStatAt } from '../../lib/os/stat.js';
import type { DirectoryEntry, Entry, HandleId, NodeId } from './filesystem.js';
import type { OpenDirectory } from './handles.js';
import { listingOf, listingOfNames } from './listing.js';
import { bucketEntry, entryAt } from './looking-up.js';
import { isTop, type Mounted } from './mounted.js';
import type { Node } from './node.js';
import { openNode } from './opening.js';
import { isReservedName } from './reserved.js';

const DOT = 0x2e;

export function opendir(mounted: Mounted, id: NodeId): HandleId {
  const node = mounted.nodes.directory(id);
  const { top } = mounted;
  if (top !== undefined && isTop(mounted, node)) {
    const listing = listingOfNames(() => top.names());
    return mounted.handles.add({ kind: 'directory', node, fd: undefined, listing });
  }
  const fd = openNode(node, O.RDONLY | O.DIRECTORY);
  return mounted.handles.add({ kind: 'directory', node, fd, listing: listingOf(fd) });
}

export function readdir(
  mounted: Mounted,
  handle: HandleId,
  offset: bigint,
  plus: boolean,
  take: (entry: DirectoryEntry) => boolean,
): void {
  const open = mounted.handles.directory(handle);
  const bucket = mounted.nodes.bucketOf(open.node);
  open.listing.read(offset, (name, type, ino, next) => {
    if (isReservedName(name, bucket)) return true;
    if (isDots(name)) return take(dots(mounted, open.node, name, ino, next));
    const entry = plus ? entryIn(mounted, open, name) : undefined;
    const taken = take({
      name,
      offset: next,
      ino: entry?.node ?? inodeOf(mounted, open.node, name, ino),
      type: entry === undefined ? typeOf(open, name, type) : typeOfMode(entry.attributes.mode),
      entry,
    });
    if (!taken && entry !== undefined) mounted.nodes.forget(entry.node, 1n);
    return taken;
  });
}

function isDots(name: Buffer): boolean {
  return name[0] === DOT && (name.length === 1 || (name.length === 2 && name[1] === DOT));
}

/** @param inode of the disk */
function dots(mounted: Mounted, node: Node, name: Buffer, inode: bigint, offset: bigint): DirectoryEntry {
  const ino = name.length === 1 ? node.id : above(mounted, node, inode);
  return { name, offset, ino, type: DT.DIR, entry: undefined };
}

/** Of what the kernel knows by its number alone, the disk knows the directory above. */
function above({ nodes }: Mounted, node: Node, inode: bigint): NodeId {
  if (node.link !== undefined) return node.link.parent.id;
  if (node === nodes.root || node.bucket !== undefined) return nodes.root.id;
  return nodes.byInode(node.dev, inode)?.id ?? nodes.identity.idOf(node.dev, inode);
}

function entryIn(mounted: Mounted, { node, fd }: OpenDirectory, name: Buffer): Entry | undefined {
  return fd === undefined ? bucketEntry(mounted, node, name) : entryAt(mounted, node, fd, name);
}

function inodeOf(mounted: Mounted, directory: Node, name: Buffer, ino: bigint): NodeId {
  const { identity } = mounted.nodes;
  if (!isTop(mounted, directory)) return identity.idOf(directory.dev, ino);
  const bucket = mounted.top?.lookup(name);
  return bucket === undefined ? 0n : identity.idOf(bucket.dev, bucket.ino);
}

/** Some filesystems do not say with the name what it is. */
function typeOf({ fd }: OpenDirectory, name: Buffer, type: number): number {
  if (type !== DT.UNKNOWN || fd === undefined) return type;
  const stat = tryStatAt(fd, name);
  return stat === undefined ? DT.UNKNOWN : typeOfMode(stat.mode);
}

/** IFTODT of readdir(3). */
function typeOfMode(mode: number): number {
  return (mode & constants.S_IFMT) >> 12;
}

export function releasedir({ handles }: Mounted, handle: HandleId): void {
  handles.directory(handle);
  handles.remove(handle);
}

export async function fsyncdir({ handles }: Mounted, handle: HandleId): Promise<void> {
  const { fd } = handles.directory(handle);
  if (fd !== undefined) await syncFd(fd);
}
