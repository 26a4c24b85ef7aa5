/** open, create, tmpfile, release: files being open. */
import { constants, open as openOnPool } from 'node:fs';
import { closeFd, O, openAt } from '../../lib/os/open.js';
import { E, isErrno, SystemError } from '../../lib/os/system-error.js';
import { realtimeNs } from '../../lib/os/times.js';
import type { Eventually } from '../../lib/store/store.js';
import { making } from './caller.js';
import { afterEdit, beforeEdit, editOfNew, isAsShown } from './edits.js';
import { andThen, ending, onFailure } from './eventually.js';
import type { Caller, Entry, HandleId, NodeId, Opened } from './filesystem.js';
import type { Edit } from './metadata.js';
import { entryOfFd } from './looking-up.js';
import { bucketOf, changeable, mayWrite, type Mounted } from './mounted.js';
import type { Node } from './node.js';
import { openNode, withNode } from './opening.js';
import { isReservedName } from './reserved.js';
import { setSize } from './status.js';

const ACCESS = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;
/** Flags that mean something behind the kernel's back. O_DIRECT does not: our buffers are not aligned for it. */
const KEPT = ACCESS | O.APPEND | constants.O_SYNC | constants.O_DSYNC | O.NOATIME;

function isWriting(flags: number): boolean {
  return (flags & ACCESS) !== O.RDONLY;
}

export function open(
  mounted: Mounted,
  id: NodeId,
  flags: number,
  killSetId: boolean,
  caller: Caller,
): Eventually<Opened> {
  const writing = isWriting(flags);
  const truncating = (flags & O.TRUNC) !== 0;
  if (writing || truncating) mayWrite(mounted);
  const node = mounted.nodes.get(id);
  if (!node.isFile) throw new SystemError(node.isDirectory ? E.EISDIR : E.ENXIO, 'open');
  return andThen(openUnlessLeased(node, flags & KEPT), (fd) =>
    onFailure(
      () => {
        const edit = writing ? beforeEdit(mounted, node, fd) : undefined;
        const emptied = truncating ? empty(mounted, node, fd, writing, killSetId, caller) : undefined;
        return andThen(emptied, () => openedAs(mounted, node, fd, writing, edit));
      },
      () => closeFd(fd),
    ),
  );
}

/**
 * Waiting for whoever has a lease on the file (Samba) is the pool's. What we wait for ourselves here, the question
 * whether a file is settled, is over before the second try.
 */
function openUnlessLeased(node: Node, flags: number): Eventually<number> {
  try {
    return openNode(node, flags | O.NONBLOCK);
  } catch (error) {
    if (!isErrno(error, 'EAGAIN')) throw error;
  }
  const place = openNode(node, O.PATH);
  return new Promise((resolve, reject) => {
    openOnPool(`/proc/self/fd/${place}`, flags, (error, fd) => {
      closeFd(place);
      if (error === null) resolve(fd);
      else reject(new SystemError(Math.abs(error.errno ?? E.EIO), 'open'));
    });
  });
}

function empty(
  mounted: Mounted,
  node: Node,
  fd: number,
  writing: boolean,
  killSetId: boolean,
  caller: Caller,
): Eventually<void> {
  if (writing) return setSize(fd, 0, caller, killSetId);
  const writable = openNode(node, O.WRONLY);
  return ending(
    () => {
      const before = beforeEdit(mounted, node, writable);
      return andThen(setSize(writable, 0, caller, killSetId), () =>
        afterEdit(mounted, node, writable, before),
      );
    },
    () => closeFd(writable),
  );
}

function openedAs(
  mounted: Mounted,
  node: Node,
  fd: number,
  writable: boolean,
  edit: Edit | undefined,
): Opened {
  const keepCache = isAsShown(node, fd, realtimeNs());
  const handle = mounted.handles.add({ kind: 'file', node, fd, writable, edit });
  return { handle, fd, keepCache };
}

export interface Created {
  readonly entry: Entry;
  readonly opened: Opened;
}

export function create(
  mounted: Mounted,
  parent: NodeId,
  name: Buffer,
  flags: number,
  mode: number,
  umask: number,
  caller: Caller,
): Eventually<Created> {
  const directory = changeable(mounted, parent);
  const bucket = bucketOf(mounted, directory);
  if (isReservedName(name, bucket)) throw new SystemError(E.EPERM, 'create');
  return withNode(directory, (at) => {
    const fd = making(mounted, caller, at, mode, umask, () => createAt(at, name, flags, mode));
    return onFailure(
      () => {
        const given = mounted.metadata.created(bucket, mounted.nodes.keyOf(directory, name), fd);
        return andThen(given, () => openedNew(mounted, directory, directory, name, fd, isWriting(flags)));
      },
      () => closeFd(fd),
    );
  });
}

/**
 * Always a new file: the kernel believes there is none, so it has checked no rights to one. Told ESTALE it looks
 * again, and opens what it finds.
 */
function createAt(directory: number, name: Buffer, flags: number, mode: number): number {
  try {
    return openAt(directory, name, (flags & KEPT) | O.CREAT | O.EXCL, mode);
  } catch (error) {
    if ((flags & O.EXCL) !== 0 || !isErrno(error, 'EEXIST')) throw error;
    throw new SystemError(E.ESTALE, 'open');
  }
}

export function tmpfile(
  mounted: Mounted,
  parent: NodeId,
  flags: number,
  mode: number,
  umask: number,
  caller: Caller,
): Created {
  const directory = changeable(mounted, parent);
  return withNode(directory, (at) => {
    const wanted = (flags & (KEPT | O.EXCL)) | O.TMPFILE;
    const fd = making(mounted, caller, at, mode, umask, () => openAt(at, '.', wanted, mode));
    try {
      return openedNew(mounted, directory, undefined, Buffer.alloc(0), fd, true);
    } catch (error) {
      closeFd(fd);
      throw error;
    }
  });
}

/** @param under where it has a name */
function openedNew(
  mounted: Mounted,
  directory: Node,
  under: Node | undefined,
  name: Buffer,
  fd: number,
  writable: boolean,
): Created {
  const entry = entryOfFd(mounted, under, name, fd, directory.anchor);
  const node = mounted.nodes.get(entry.node);
  if (under === undefined) node.home = mounted.nodes.bucketOf(directory);
  const edit = writable ? editOfNew(fd) : undefined;
  return { entry, opened: openedAs(mounted, node, fd, writable, edit) };
}

export function release(mounted: Mounted, handle: HandleId): Eventually<void> {
  const { node, fd, writable, edit } = mounted.handles.file(handle);
  return ending(
    () => (writable ? afterEdit(mounted, node, fd, edit) : undefined),
    () => mounted.handles.remove(handle),
  );
}
