/** rename, with RENAME_NOREPLACE and RENAME_EXCHANGE: names moving, also from bucket to bucket of one filesystem. */
import { type RenameOptions, renameAt } from '../../lib/os/link.js';
import { closeFd, O, openAt, tryOpenAt } from '../../lib/os/open.js';
import { isDirectory, isFile, type Stat, tryStatAt } from '../../lib/os/stat.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import { sameFile } from '../../lib/store/stamp.js';
import type { Eventually } from '../../lib/store/store.js';
import type { NodeId } from './filesystem.js';
import { underKeys } from './locking.js';
import { bucketOf, isTop, mayWrite, type Mounted } from './mounted.js';
import { mayMoveDirectory, mayMoveOut } from './moving.js';
import type { Node } from './node.js';
import { withNode } from './opening.js';
import { parted, parting, stayed } from './orphans.js';
import { isReservedName } from './reserved.js';

const NOREPLACE = 1;
const EXCHANGE = 2;

/** An entry of a directory. */
interface Place {
  readonly directory: Node;
  readonly fd: number;
  readonly name: Buffer;
}

export function rename(
  mounted: Mounted,
  parent: NodeId,
  name: Buffer,
  newParent: NodeId,
  newName: Buffer,
  flags: number,
): Eventually<void> {
  mayWrite(mounted);
  if (flags !== 0 && flags !== NOREPLACE && flags !== EXCHANGE) throw new SystemError(E.EINVAL, 'rename');
  const from = mounted.nodes.directory(parent);
  const to = mounted.nodes.directory(newParent);
  if (isTop(mounted, from) || isTop(mounted, to)) {
    return renameBucket(mounted, from, name, to, newName, flags);
  }
  const bucket = bucketOf(mounted, from);
  if (isReservedName(name, bucket)) throw new SystemError(E.ENOENT, 'rename');
  if (isReservedName(newName, bucketOf(mounted, to))) throw new SystemError(E.EPERM, 'rename');
  return withNode(from, (fd) =>
    withNode(to, (newFd) => {
      const source = { directory: from, fd, name };
      const target = { directory: to, fd: newFd, name: newName };
      return underLocks(mounted, source, target, () => {
        if (flags === EXCHANGE) exchange(mounted, source, target);
        else move(mounted, source, target, { noReplace: flags === NOREPLACE });
      });
    }),
  );
}

/** Between two buckets only what is replaced can be checked by somebody at the same time. */
function underLocks(mounted: Mounted, from: Place, to: Place, section: () => void): Eventually<void> {
  const bucket = bucketOf(mounted, to.directory);
  const paths = [pathOf(mounted, to)];
  if (bucketOf(mounted, from.directory) === bucket) paths.push(pathOf(mounted, from));
  return underKeys(bucket, paths, section);
}

function pathOf({ nodes }: Mounted, { directory, name }: Place): string | undefined {
  return nodes.keyOf(directory, name);
}

/** The top holds buckets and nothing else: nothing moves there or away. */
async function renameBucket(
  mounted: Mounted,
  from: Node,
  name: Buffer,
  to: Node,
  newName: Buffer,
  flags: number,
): Promise<void> {
  if (from !== to) throw new SystemError(E.EPERM, 'rename');
  await mounted.top?.rename(name, newName, flags);
  mounted.nodes.move(from, name.toString('latin1'), to, newName.toString('latin1'));
}

function move(mounted: Mounted, from: Place, to: Place, options: RenameOptions): void {
  const source = tryStatAt(from.fd, from.name);
  if (source === undefined) throw new SystemError(E.ENOENT, 'rename');
  checkMove(mounted, from, to, source);
  const replaced = tryStatAt(to.fd, to.name);
  if (replaced !== undefined && sameFile(replaced, source)) {
    // rename(2) leaves two names of one file as they are.
    return renameAt(from.fd, from.name, to.fd, to.name, options);
  }
  const going = parting(mounted, to.directory, to.name);
  try {
    if (isFile(source)) moveFile(mounted, from, to, replaced, options);
    else moveOther(mounted, from, to, source, options);
  } catch (error) {
    stayed(going);
    throw error;
  }
  parted(going);
  mounted.nodes.move(from.directory, from.name.toString('latin1'), to.directory, to.name.toString('latin1'));
}

/** What belongs to the objects goes along: that of the replaced one to the new, that of the moved one to wait. */
function moveFile(
  mounted: Mounted,
  from: Place,
  to: Place,
  replaced: Stat | undefined,
  options: RenameOptions,
): void {
  const moved = openAt(from.fd, from.name, O.PATH);
  const old = replaced !== undefined && options.noReplace !== true ? tryOpenAt(to.fd, to.name, O.PATH) : -1;
  try {
    const written = mounted.metadata.moving(bucketOf(mounted, to.directory), {
      source: bucketOf(mounted, from.directory),
      from: pathOf(mounted, from),
      to: pathOf(mounted, to),
      moved,
      replaced: old < 0 ? undefined : old,
    });
    try {
      renameAt(from.fd, from.name, to.fd, to.name, options);
    } catch (error) {
      written.undo();
      throw error;
    }
    written.finish();
  } finally {
    closeFd(moved);
    if (old >= 0) closeFd(old);
  }
}

/** A directory that a person moves is theirs; one that stays where it was is left as it is, to the last stamp. */
function moveOther(mounted: Mounted, from: Place, to: Place, source: Stat, options: RenameOptions): void {
  const moved = isDirectory(source) ? tryOpenAt(from.fd, from.name, O.PATH) : -1;
  try {
    renameAt(from.fd, from.name, to.fd, to.name, options);
    if (moved >= 0) mounted.metadata.touched(bucketOf(mounted, from.directory), pathOf(mounted, from), moved);
  } finally {
    if (moved >= 0) closeFd(moved);
  }
}

function exchange(mounted: Mounted, one: Place, other: Place): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const stat = tryStatAt(from.fd, from.name);
    if (stat === undefined) throw new SystemError(E.ENOENT, 'rename');
    checkMove(mounted, from, to, stat);
    // Records kept by key cannot change places in one step.
    if (!bucketOf(mounted, from.directory).volume.attributes) throw new SystemError(E.EINVAL, 'rename');
  }
  renameAt(one.fd, one.name, other.fd, other.name, { exchange: true });
  mounted.nodes.exchange(
    one.directory,
    one.name.toString('latin1'),
    other.directory,
    other.name.toString('latin1'),
  );
}

/** @throws SystemError EXDEV where something of the objects would stay behind: `mv` copies then */
function checkMove(mounted: Mounted, from: Place, to: Place, stat: Stat): void {
  const bucket = bucketOf(mounted, from.directory);
  const crosses = bucketOf(mounted, to.directory) !== bucket;
  const path = pathOf(mounted, from);
  if (!isDirectory(stat)) return;
  if ((crosses && !mayMoveOut(bucket)) || (path !== undefined && !mayMoveDirectory(bucket, path)))
    throw new SystemError(E.EXDEV, 'rename');
}
