/**
 * openat2's RESOLVE_BENEATH where there is no openat2 (Linux before 5.6, older sandboxes): the path is
 * walked component by component, each opened O_NOFOLLOW from the descriptor of the one before. `..` goes
 * back on that list of descriptors, never through the kernel, so a directory moved meanwhile leads nowhere.
 */
import { constants } from 'node:fs';
import { libc } from './libc.js';
import { isSymlink, statFd, tryStatAt } from './stat.js';
import { E } from './system-error.js';

const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
/** As the kernel's MAXSYMLINKS. */
const MAX_LINKS = 40;
const PATH_MAX = 4096;

/** Bytes as characters 0–255, so that splitting at `/` cannot touch what a name contains. */
type Latin1 = string;

interface Pending {
  /** Components still to walk, the next one last. */
  readonly components: Latin1[];
  directoryWanted: boolean;
}

function expand(pending: Pending, path: Latin1): void {
  const parts = path.split('/');
  const last = parts.at(-1) ?? '';
  if (pending.components.length === 0 && (last === '' || last === '.')) pending.directoryWanted = true;
  for (const part of parts.toReversed()) if (part !== '' && part !== '.') pending.components.push(part);
}

const target = Buffer.allocUnsafeSlow(PATH_MAX);

/** Only asked to choose between two errors: what cannot be looked at is no link. */
function isLink(dirFd: number, name: Latin1): boolean {
  try {
    const stat = tryStatAt(dirFd, Buffer.from(name, 'latin1'));
    return stat !== undefined && isSymlink(stat);
  } catch {
    return false;
  }
}

/** openat(2) O_NOFOLLOW; the link itself is -ELOOP unless O_PATH and O_NOFOLLOW asked for it. */
function openEntry(dirFd: number, name: Latin1, flags: number, mode: number): number {
  const calls = libc();
  const bytes = Buffer.from(`${name}\0`, 'latin1');
  let fd: number;
  let errno = 0;
  do {
    fd = calls.openat(dirFd, bytes, flags | constants.O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) errno = calls.errno();
  } while (fd < 0 && errno === E.EINTR);
  if (fd < 0) return errno === E.ENOTDIR && isLink(dirFd, name) ? -E.ELOOP : -errno;
  // O_NOFOLLOW, added here, makes O_PATH open a link that the caller wanted followed or refused.
  if ((flags & O_PATH) !== 0 && (flags & constants.O_NOFOLLOW) === 0 && isSymlink(statFd(fd))) {
    calls.close(fd);
    return -E.ELOOP;
  }
  return fd;
}

/** The descriptor, or a negated errno. Contract of `tryOpenBeneath`. */
export function walkBeneath(
  rootFd: number,
  path: string | Buffer,
  flags: number,
  mode: number,
  followSymlinks: boolean,
): number {
  const bytes = Buffer.isBuffer(path) ? path : Buffer.from(path);
  if (bytes.includes(0)) return -E.EINVAL;
  if (bytes.length >= PATH_MAX) return -E.ENAMETOOLONG;
  const opened: number[] = [];
  try {
    return walk(opened, rootFd, bytes.toString('latin1'), flags, mode, followSymlinks);
  } finally {
    for (const fd of opened) libc().close(fd);
  }
}

function walk(
  opened: number[],
  rootFd: number,
  path: Latin1,
  flags: number,
  mode: number,
  followSymlinks: boolean,
): number {
  if (path.startsWith('/')) return -E.EXDEV;
  const pending: Pending = { components: [], directoryWanted: false };
  expand(pending, path);
  for (let links = 0; ;) {
    const here = opened.at(-1) ?? rootFd;
    const name = pending.components.pop();
    if (name === undefined) return openEntry(here, '.', flags, mode);
    if (name === '..') {
      const left = opened.pop();
      if (left === undefined) return -E.EXDEV;
      libc().close(left);
      continue;
    }
    const isLast = pending.components.length === 0;
    const wanted = isLast
      ? flags | (pending.directoryWanted ? constants.O_DIRECTORY : 0)
      : O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const fd = openEntry(here, name, wanted, isLast ? mode : 0);
    if (fd >= 0 && isLast) return fd;
    if (fd >= 0) {
      opened.push(fd);
      continue;
    }
    // A slash after the link asks for what it leads to.
    const keepsLink = isLast && !pending.directoryWanted && (flags & constants.O_NOFOLLOW) !== 0;
    if (fd !== -E.ELOOP || !followSymlinks || keepsLink || (links += 1) > MAX_LINKS) return fd;
    const size = libc().readlinkat(here, Buffer.from(`${name}\0`, 'latin1'), target, PATH_MAX);
    if (size < 0) return -libc().errno();
    const text = target.toString('latin1', 0, size);
    if (text.startsWith('/')) return -E.EXDEV;
    expand(pending, text);
  }
}
