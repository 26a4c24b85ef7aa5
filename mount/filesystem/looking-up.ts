/** lookup: a name becomes a node, and a lookup the kernel gives back. */
import { handleAt, handleOf, type FileHandle } from '../../lib/os/handle.js';
import { O, openAt } from '../../lib/os/open.js';
import { fullStatFd, type FullStat, tryFullStatAt } from '../../lib/os/stat.js';
import { isErrno } from '../../lib/os/system-error.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { sameFile } from '../../lib/store/stamp.js';
import type { Anchor } from './anchors.js';
import { freshOf } from './attributes.js';
import type { Entry, Missing, NodeId } from './filesystem.js';
import { generationOf } from './identity.js';
import { isTop, type Mounted } from './mounted.js';
import type { Node } from './node.js';
import type { Found } from './nodes.js';
import { withNode } from './opening.js';
import { rebuild } from './rebuilding.js';
import { isReserved, isReservedName } from './reserved.js';

export function lookup(mounted: Mounted, parent: NodeId, name: Buffer): Entry | Missing {
  const directory = mounted.nodes.directory(parent);
  const entry = isTop(mounted, directory)
    ? bucketEntry(mounted, directory, name)
    : withNode(directory, (fd) => entryAt(mounted, directory, fd, name));
  if (entry !== undefined) return entry;
  mounted.nodes.drop(directory, name.toString('latin1'));
  return { node: undefined, nameFor: mounted.freshness.nameFor(directory) };
}

/** @throws SystemError ESTALE when the inode is gone, or cannot be found by its number alone */
export function lookupNode(mounted: Mounted, id: NodeId): Entry {
  const node = mounted.nodes.tryGet(id);
  if (node === undefined) {
    const { found, stat, bucket } = rebuild(mounted, id);
    const entry = entryOf(mounted, undefined, '', found, stat);
    mounted.nodes.get(entry.node).home = bucket;
    return entry;
  }
  const stat = withNode(node, fullStatFd);
  const { generation, dev, ino, handle, anchor } = node;
  return entryOf(mounted, undefined, '', { generation, dev, ino, mode: stat.mode, handle, anchor }, stat);
}

/**
 * What stands at a name of a directory, as a lookup handed out.
 * @param fd the directory
 * @returns undefined when there is nothing, or nothing the mount shows
 */
export function entryAt(mounted: Mounted, directory: Node, fd: number, name: Buffer): Entry | undefined {
  const bucket = mounted.nodes.bucketOf(directory);
  if (bucket === undefined || isReservedName(name, bucket)) return undefined;
  for (let stat = tryFullStatAt(fd, name); stat !== undefined;) {
    if (isReserved(bucket, fd, stat)) return undefined;
    const handle = tryHandleAt(fd, name);
    const id = mounted.nodes.identity.idOf(stat.dev, stat.ino);
    const generation = generationOf(stat, handle);
    const known = mounted.nodes.tryGet(id);
    if (known === undefined || known.generation !== generation) {
      // The handle may be of what took the name right after it was looked at.
      const again = tryFullStatAt(fd, name);
      if (again === undefined || !sameFile(again, stat)) {
        stat = again;
        continue;
      }
    }
    const anchor = handle === undefined ? undefined : mounted.anchors.of(stat, fd, name);
    const { dev, ino, mode } = stat;
    const found = { generation, dev, ino, mode, handle, anchor };
    return entryOf(mounted, directory, name.toString('latin1'), found, stat);
  }
  return undefined;
}

/** What was just made, or is open, as a lookup handed out. */
export function entryOfFd(
  mounted: Mounted,
  directory: Node | undefined,
  name: Buffer,
  fd: number,
  anchor: Anchor | undefined,
): Entry {
  const stat = fullStatFd(fd);
  const handle = anchor === undefined ? undefined : handleOf(fd);
  const { dev, ino, mode } = stat;
  const found = { generation: generationOf(stat, handle), dev, ino, mode, handle, anchor };
  return entryOf(mounted, directory, name.toString('latin1'), found, stat);
}

function entryOf(
  mounted: Mounted,
  directory: Node | undefined,
  name: string,
  found: Found,
  stat: FullStat,
): Entry {
  const node = mounted.nodes.hold(directory, name, found);
  return {
    ...freshOf(mounted, node, stat),
    node: node.id,
    generation: node.generation,
    nameFor: directory === undefined ? 0 : mounted.freshness.nameFor(directory),
  };
}

/** undefined: the filesystem has none, or the entry just went. */
function tryHandleAt(fd: number, name: Buffer): FileHandle | undefined {
  try {
    return handleAt(fd, name);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** A name of the top level. */
export function bucketEntry(mounted: Mounted, top: Node, name: Buffer): Entry | undefined {
  const bucket = mounted.top?.lookup(name);
  if (bucket === undefined) return undefined;
  const entry = rootEntry(mounted, top, name, bucket);
  becomeRoot(mounted.nodes.get(entry.node), bucket);
  return entry;
}

function rootEntry(mounted: Mounted, top: Node, name: Buffer, bucket: Bucket): Entry {
  const { found, stat } = foundRoot(mounted, bucket);
  return entryOf(mounted, top, name.toString('latin1'), found, stat);
}

/** The directory a bucket is. */
export function foundRoot(
  { anchors }: Pick<Mounted, 'anchors'>,
  bucket: Bucket,
): { readonly found: Found; readonly stat: FullStat } {
  const stat = fullStatFd(bucket.rootFd);
  const handle = handleOf(bucket.rootFd);
  const { dev, ino, mode } = stat;
  const anchor = handle === undefined ? undefined : anchors.of(stat, bucket.rootFd, '.');
  return { found: { generation: generationOf(stat, handle), dev, ino, mode, handle, anchor }, stat };
}

/** The root of a bucket keeps a descriptor of its own: the store closes its when the bucket gets another name. */
export function becomeRoot(node: Node, bucket: Bucket): void {
  node.bucket = bucket;
  node.pin ??= openAt(bucket.rootFd, '.', O.RDONLY | O.DIRECTORY);
}
