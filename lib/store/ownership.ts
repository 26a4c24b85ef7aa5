/**
 * Whose the things are that we make. New ones follow the directory they appear in; replacing a person's file
 * keeps what is theirs: mode, ACL, other programs' `user.*` attributes and, where we may, owner and group.
 */
import { getAttribute, listAttributes, removeAttribute, setAttribute } from '../os/attributes.js';
import { setMode, setOwner } from '../os/owner.js';
import { statFd } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { BucketOptions } from './bucket.js';
import { ATTRIBUTE } from './layout.js';

const ACL = 'system.posix_acl_access';

/** `--owner` and `--umask`, as `BucketOptions` has them. */
type Ownership = Pick<BucketOptions, 'owner' | 'umask'>;

/** New entries follow the directory they appear in: its owner and group where we may, its setgid bit. */
export function followDirectory(options: Ownership, parent: number, fd: number, directory: boolean): void {
  const { owner, umask } = options;
  const root = process.geteuid?.() === 0;
  // Nothing could differ from what the kernel made it.
  if (!root && umask === undefined && !directory) return;
  const above = statFd(parent);
  const own = statFd(fd);
  const uid = owner?.uid ?? above.uid;
  const gid = owner?.gid ?? above.gid;
  if (root && (own.uid !== uid || own.gid !== gid)) setOwner(fd, uid, gid);
  const setgid = directory && (above.mode & 0o2000) !== 0 ? 0o2000 : 0;
  const mode = umask === undefined ? own.mode & 0o7777 : (directory ? 0o777 : 0o666) & ~umask;
  if ((mode | setgid) !== (own.mode & 0o7777)) setMode(fd, mode | setgid);
}

/** Not set-user-ID and set-group-ID: new content has not earned them, as write(2) has it. */
const KEPT = 0o1777;

/** @param from the file to be replaced, open. @param to the new content */
export function inheritFrom(from: number, to: number): void {
  const old = statFd(from);
  const own = statFd(to);
  if (process.geteuid?.() === 0 && (own.uid !== old.uid || own.gid !== old.gid)) {
    setOwner(to, old.uid, old.gid);
  }
  if ((own.mode & 0o7777) !== (old.mode & KEPT)) setMode(to, old.mode & KEPT);
  for (const name of namesOf(from)) {
    if (name === ATTRIBUTE || !(name.startsWith('user.') || name === ACL)) continue;
    const value = getAttribute(from, name);
    if (value !== undefined) setAttribute(to, name, value);
  }
}

/**
 * Makes a file of ours, private until now, what a new one beside `model` is: owner and group where we may, mode, ACL.
 * @param model a new file in the directory it will stand in, open
 */
export function becomeLike(model: number, to: number): void {
  const { gid } = statFd(model);
  if (process.geteuid?.() !== 0 && statFd(to).gid !== gid) giveGroup(to, gid);
  if (namesOf(to).includes(ACL) && !namesOf(model).includes(ACL)) removeAttribute(to, ACL);
  inheritFrom(model, to);
}

/** A setgid directory may have a group that is not ours to give. */
function giveGroup(fd: number, gid: number): void {
  try {
    setOwner(fd, -1, gid);
  } catch (error) {
    if (!isErrno(error, 'EPERM')) throw error;
  }
}

function namesOf(fd: number): readonly string[] {
  try {
    return listAttributes(fd);
  } catch (error) {
    if (isErrno(error, 'EOPNOTSUPP', 'ENOSYS')) return [];
    throw error;
  }
}
