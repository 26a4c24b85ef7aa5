/**
 * Doing things as whoever makes the system call. The kernel has checked their rights (default_permissions); what is
 * left is whose the new thing is, what the umask and a default ACL make of its mode, and which bits a write clears.
 */
import {
  asCaller,
  ownUmask,
  supplementaryGroups,
  withoutSetId,
  withUmask,
} from '../../lib/os/credentials.js';
import { statFd } from '../../lib/os/stat.js';
import type { Caller } from './filesystem.js';
import type { Mounted } from './mounted.js';
import { makerFor, umaskFor } from './showing.js';

const SETGID = 0o2000;
const SETGID_EXECUTABLE = 0o2010;

/**
 * Makes something in a directory: the caller's, or the directory's group where that is setgid. The system applies
 * the umask itself, because it must not where the directory has a default ACL.
 */
export function making<T>(
  { show }: Pick<Mounted, 'show'>,
  caller: Caller,
  directory: number,
  mode: number,
  umask: number,
  make: () => T,
): T {
  ownUmask();
  const maker = makerFor(show, caller);
  const group = groupFor(maker, directory, mode);
  return asCaller(maker.uid, group, () => withUmask(umaskFor(show, umask), make));
}

/** A setgid program may be made in a setgid directory by who is in its group, in whatever way. */
function groupFor(caller: Caller, directory: number, mode: number): number {
  const { gid, alsoIn } = caller;
  if (alsoIn === undefined || (mode & SETGID_EXECUTABLE) !== SETGID_EXECUTABLE) return gid;
  return (statFd(directory).mode & SETGID) === 0 ? gid : alsoIn;
}

/** Changes content or owner: set-user-ID and set-group-ID go unless the caller may keep them. */
export function changing<T>(caller: Caller, killSetId: boolean, change: () => T): T {
  return killSetId || caller.uid !== 0 ? withoutSetId(change) : change();
}

/** Whether the caller is in a group, supplementary ones included. */
export function isIn(caller: Caller, gid: number): boolean {
  return caller.gid === gid || caller.alsoIn === gid || supplementaryGroups(caller.pid).includes(gid);
}
