/** getattr, setattr, readlink, statfs: what is known of an inode, and changing it. */
import { ftruncate } from 'node:fs';
import { truncate } from '../../lib/os/copy.js';
import { closeFd, O } from '../../lib/os/open.js';
import { setModeOf, setOwnerOf } from '../../lib/os/owner.js';
import { readLinkFd } from '../../lib/os/special.js';
import { fileSystem, fullStatFd, type FullStat, statFd } from '../../lib/os/stat.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import { realtimeNs } from '../../lib/os/times.js';
import type { Eventually } from '../../lib/store/store.js';
import { freshOf, nowhere } from './attributes.js';
import { changing } from './caller.js';
import { afterEdit, beforeEdit, editTimes } from './edits.js';
import { andThen, ending } from './eventually.js';
import type { AttributeChange, Caller, Fresh, HandleId, NodeId, Statfs } from './filesystem.js';
import { SLOW_TO_FREE } from './letting-go.js';
import { isTop, mayWrite, type Mounted } from './mounted.js';
import type { Node } from './node.js';
import { openNode, withNode } from './opening.js';
import { changeFor } from './showing.js';

export function getattr(mounted: Mounted, id: NodeId, handle: HandleId | undefined): Fresh {
  const node = mounted.nodes.get(id);
  return freshOf(mounted, node, statusOf(mounted, node, handle));
}

function statusOf(mounted: Mounted, node: Node, handle: HandleId | undefined): FullStat {
  if (isTop(mounted, node)) return topStatus(mounted);
  const fd = handle === undefined ? undefined : mounted.handles.descriptor(handle);
  return fd === undefined ? withNode(node, fullStatFd) : fullStatFd(fd);
}

function topStatus({ top }: Mounted): FullStat {
  return top?.fd === undefined ? nowhere(top?.names().length ?? 0, realtimeNs()) : fullStatFd(top.fd);
}

export function setattr(
  mounted: Mounted,
  id: NodeId,
  asked: AttributeChange,
  handle: HandleId | undefined,
  caller: Caller,
): Eventually<Fresh> {
  mayWrite(mounted);
  const node = mounted.nodes.get(id);
  if (isTop(mounted, node)) throw new SystemError(E.EPERM, 'setattr');
  const change = changeFor(mounted.show, asked);
  const { size } = change;
  const resized =
    size === undefined ? undefined : resize(mounted, node, size, handle, caller, change.killSetId === true);
  return andThen(resized, () =>
    andThen(
      withNode(node, (fd) => applyTo(fd, mounted, node, change, caller)),
      () => freshOf(mounted, node, statusOf(mounted, node, handle)),
    ),
  );
}

/** Owner, mode and times, in the order in which one does not undo the other. */
function applyTo(
  fd: number,
  mounted: Mounted,
  node: Node,
  change: AttributeChange,
  caller: Caller,
): Eventually<void> {
  const { uid, gid, mode, atimeNs, mtimeNs } = change;
  if (uid !== undefined || gid !== undefined) {
    changing(caller, false, () => setOwnerOf(fd, uid ?? -1, gid ?? -1));
  } else if (change.killSetId === true && change.size === undefined && mode === undefined) {
    clearSetId(fd);
  }
  if (mode !== undefined) setModeOf(fd, mode);
  if (node.isDirectory) touched(mounted, node, fd);
  if (atimeNs === undefined && mtimeNs === undefined) return;
  return editTimes(mounted, node, fd, atimeNs, mtimeNs);
}

function touched({ nodes, metadata }: Mounted, node: Node, fd: number): void {
  const bucket = nodes.bucketOf(node);
  if (bucket?.closed === false) metadata.touched(bucket, nodes.keyOf(node), fd);
}

/** As a write by somebody without privileges does. */
function clearSetId(fd: number): void {
  const { mode } = statFd(fd);
  const kept = mode & ((mode & 0o010) === 0 ? ~0o4000 : ~0o6000);
  if (kept !== mode) setModeOf(fd, kept);
}

function resize(
  mounted: Mounted,
  node: Node,
  size: number,
  handle: HandleId | undefined,
  caller: Caller,
  killSetId: boolean,
): Eventually<void> {
  const open = handle === undefined ? undefined : mounted.handles.file(handle);
  if (open?.writable === true) return setSize(open.fd, size, caller, killSetId);
  const fd = openNode(node, O.WRONLY);
  return ending(
    () => {
      const before = beforeEdit(mounted, node, fd);
      return andThen(setSize(fd, size, caller, killSetId), () => afterEdit(mounted, node, fd, before));
    },
    () => closeFd(fd),
  );
}

/** Freeing much is the pool's. */
export function setSize(fd: number, size: number, caller: Caller, killSetId: boolean): Eventually<void> {
  const { size: now } = statFd(fd);
  if (now - size < SLOW_TO_FREE) {
    changing(caller, killSetId, () => truncate(fd, size));
    return undefined;
  }
  // The pool's threads have all of root's rights: what this one lacks is done first.
  changing(caller, killSetId, () => truncate(fd, now));
  return new Promise((resolve, reject) => {
    ftruncate(fd, size, (error) => {
      if (error === null) resolve();
      else reject(new SystemError(Math.abs(error.errno ?? E.EIO), 'ftruncate'));
    });
  });
}

export function readlink(mounted: Mounted, id: NodeId): Buffer {
  return withNode(mounted.nodes.get(id), readLinkFd);
}

export function statfs(mounted: Mounted, id: NodeId): Statfs {
  const node = mounted.nodes.get(id);
  if (!isTop(mounted, node)) return withNode(node, (fd) => fileSystem(fd));
  const fd = mounted.top?.fd;
  return fd === undefined ? NOTHING : fileSystem(fd);
}

const NOTHING: Statfs = {
  blockSize: 4096,
  blocks: 0n,
  free: 0n,
  available: 0n,
  files: 0n,
  filesFree: 0n,
  nameMax: 63,
};
