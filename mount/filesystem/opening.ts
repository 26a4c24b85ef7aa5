/**
 * A descriptor of a node: by its handle, which finds it under whatever name it has by now; else by the names it was
 * seen under, where what is found must be the same inode. Resolution by name never leaves the bucket.
 */
import { openHandle } from '../../lib/os/handle.js';
import { closeFd, O, tryOpenAt, tryOpenBeneath } from '../../lib/os/open.js';
import { reopen } from '../../lib/os/reopen.js';
import { statFd } from '../../lib/os/stat.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import { ending } from './eventually.js';
import type { Link, Node } from './node.js';

/**
 * @param flags of open(2); O_PATH for what is only named, asked, or may be a FIFO
 * @returns a descriptor the caller closes
 * @throws SystemError ESTALE when the inode is not where it was, and whatever opening says
 */
export function openNode(node: Node, flags: number): number {
  const mine = node.pin ?? node.opened[node.opened.length - 1];
  if (mine !== undefined) return reopen(mine, flags);
  if (node.handle !== undefined && node.anchor !== undefined) {
    return openHandle(node.anchor.fd, node.handle, flags);
  }
  return openByName(node, flags);
}

/** A descriptor to stand on or to ask, not to be read from: O_PATH, or one that is open anyway. Give it to `drop`. */
export function borrow(node: Node): number {
  return node.pin ?? node.opened[node.opened.length - 1] ?? openNode(node, O.PATH);
}

/** Closes what `borrow` opened. */
export function drop(node: Node, fd: number): void {
  if (fd !== node.pin && !node.opened.includes(fd)) closeFd(fd);
}

/** Runs `action` with a descriptor of the node that is good until it returns, or what it returns has settled. */
export function withNode<T>(node: Node, action: (fd: number) => T): T {
  const fd = borrow(node);
  return ending(
    () => action(fd),
    () => drop(node, fd),
  );
}

function openByName(node: Node, flags: number): number {
  for (let at = node.links.length - 1; at >= 0; at--) {
    const fd = openLink(node, node.links[at]);
    if (fd === undefined) continue;
    if ((flags & O.PATH) !== 0) return fd;
    try {
      return reopen(fd, flags);
    } finally {
      closeFd(fd);
    }
  }
  throw new SystemError(E.ESTALE, 'open');
}

/** @returns O_PATH; undefined when the name does not lead to the node any more */
function openLink(node: Node, link: Link | undefined): number | undefined {
  if (link === undefined) return undefined;
  const fd = openPath(link);
  if (fd === undefined) return undefined;
  const stat = statFd(fd);
  if (stat.ino === node.ino && stat.dev === node.dev) return fd;
  closeFd(fd);
  return undefined;
}

/** Names are resolved in one call up to here; beyond, directory by directory (PATH_MAX is 4096, with the NUL). */
const LONGEST_PATH = 4000;

function openPath({ parent, name }: Link): number | undefined {
  let path = name;
  let from = parent;
  while (from.pin === undefined && from.link !== undefined && path.length < LONGEST_PATH) {
    path = `${from.link.name}/${path}`;
    from = from.link.parent;
  }
  if (from.pin !== undefined) return found(tryOpenBeneath(from.pin, bytes(path), O.PATH | O.NOFOLLOW));
  if (from.link === undefined) return undefined;
  const directory = openNode(parent, O.PATH | O.DIRECTORY);
  try {
    return found(tryOpenAt(directory, bytes(name), O.PATH));
  } finally {
    closeFd(directory);
  }
}

function bytes(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

const ABSENT: readonly number[] = [E.ENOENT, E.ENOTDIR, E.ELOOP, E.EXDEV];

function found(fd: number): number | undefined {
  if (fd >= 0) return fd;
  if (ABSENT.includes(-fd)) return undefined;
  throw new SystemError(-fd, 'open');
}
