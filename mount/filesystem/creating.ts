/** mknod, mkdir, symlink, link: new entries of a directory. */
import { linkFd, mkdirAt, symlinkAt } from '../../lib/os/link.js';
import { mknodAt } from '../../lib/os/special.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Eventually } from '../../lib/store/store.js';
import { making } from './caller.js';
import type { Caller, Entry, NodeId } from './filesystem.js';
import { bucketEntry, entryAt } from './looking-up.js';
import { bucketOf, changeable, isTop, mayWrite, type Mounted } from './mounted.js';
import type { Node } from './node.js';
import { withNode } from './opening.js';
import { isReservedName } from './reserved.js';
import { makerFor, umaskFor } from './showing.js';
import type { Maker } from './top-level.js';

export function mknod(
  mounted: Mounted,
  parent: NodeId,
  name: Buffer,
  mode: number,
  rdev: number,
  umask: number,
  caller: Caller,
): Entry {
  const directory = changeable(mounted, parent);
  return made(mounted, directory, name, (fd) => {
    making(mounted, caller, fd, mode, umask, () => mknodAt(fd, name, mode, rdev));
  });
}

export function mkdir(
  mounted: Mounted,
  parent: NodeId,
  name: Buffer,
  mode: number,
  umask: number,
  caller: Caller,
): Eventually<Entry> {
  mayWrite(mounted);
  const directory = mounted.nodes.directory(parent);
  if (isTop(mounted, directory)) {
    return makeBucket(mounted, directory, name, {
      ...makerFor(mounted.show, caller),
      mode: mode & ~umaskFor(mounted.show, umask),
    });
  }
  return made(mounted, directory, name, (fd) => {
    making(mounted, caller, fd, mode, umask, () => mkdirAt(fd, name, mode));
  });
}

async function makeBucket(mounted: Mounted, top: Node, name: Buffer, maker: Maker): Promise<Entry> {
  await mounted.top?.mkdir(name, maker);
  return there(bucketEntry(mounted, top, name));
}

export function symlink(
  mounted: Mounted,
  parent: NodeId,
  name: Buffer,
  target: Buffer,
  caller: Caller,
): Entry {
  const directory = changeable(mounted, parent);
  return made(mounted, directory, name, (fd) => {
    making(mounted, caller, fd, 0, 0, () => symlinkAt(target, fd, name));
  });
}

export function link(mounted: Mounted, id: NodeId, parent: NodeId, name: Buffer): Entry {
  const directory = changeable(mounted, parent);
  const node = mounted.nodes.get(id);
  return made(mounted, directory, name, (fd) => {
    withNode(node, (file) => linkFd(file, fd, name));
  });
}

function made(mounted: Mounted, directory: Node, name: Buffer, make: (fd: number) => void): Entry {
  if (isReservedName(name, bucketOf(mounted, directory))) throw new SystemError(E.EPERM, 'create');
  return withNode(directory, (fd) => {
    make(fd);
    return there(entryAt(mounted, directory, fd, name));
  });
}

/** What was just made may have been removed again, by somebody on the disk. */
function there(entry: Entry | undefined): Entry {
  if (entry === undefined) throw new SystemError(E.ENOENT, 'create');
  return entry;
}
