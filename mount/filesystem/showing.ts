/**
 * `-o uid=,gid=,umask=`: everything shown as one user's, and made as that user's. The kernel checks rights by what it
 * is shown, so ACLs, which speak of other users, are not there.
 */
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Shown } from '../model.js';
import type { AttributeChange, Caller } from './filesystem.js';

/** Members left out are the disk's. */
interface Owned {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export function shownAs(show: Shown, { uid, gid, mode }: Owned): Owned {
  return { uid: show.uid ?? uid, gid: show.gid ?? gid, mode: mode & ~(show.umask ?? 0) };
}

/** Who makes what the caller makes. */
export function makerFor({ uid, gid }: Shown, caller: Caller): Caller {
  if (uid === undefined && gid === undefined) return caller;
  const { pid } = caller;
  return { uid: uid ?? caller.uid, gid: gid ?? caller.gid, pid };
}

export function umaskFor({ umask = 0 }: Shown, callers: number): number {
  return callers | umask;
}

/** What is left to change. @throws SystemError EPERM: nobody else can own anything */
export function changeFor(show: Shown, change: AttributeChange): AttributeChange {
  const { uid, gid, ...rest } = change;
  refuseOther(show.uid, uid);
  refuseOther(show.gid, gid);
  return {
    ...rest,
    ...(uid === undefined || show.uid !== undefined ? {} : { uid }),
    ...(gid === undefined || show.gid !== undefined ? {} : { gid }),
  };
}

function refuseOther(shown: number | undefined, wanted: number | undefined): void {
  if (shown !== undefined && wanted !== undefined && wanted !== shown) {
    throw new SystemError(E.EPERM, 'chown');
  }
}

const ACL = Buffer.from('system.posix_acl_');

/** An attribute that says who may do what, where that is said for everything at once. */
export function isHidden({ uid, gid, umask }: Shown, name: Buffer): boolean {
  const shows = uid !== undefined || gid !== undefined || umask !== undefined;
  return shows && name.subarray(0, ACL.length).equals(ACL);
}
