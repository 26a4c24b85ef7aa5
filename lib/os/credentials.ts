/**
 * Whose rights this thread's system calls have: setfsuid(2), setfsgid(2), capabilities(7), umask(2). Linux keeps
 * all of it per thread; libc's own wrappers of these do not spread them over the process. What runs in between
 * is synchronous, and starts no thread: a new one would inherit.
 */
import { readFileSync } from 'node:fs';
import { declared, libc } from './libc.js';
import { E, SystemError, isErrno } from './system-error.js';

interface Calls {
  setfsuid(uid: number): number;
  setfsgid(gid: number): number;
  capget(header: Uint32Array, data: Uint32Array): number;
  capset(header: Uint32Array, data: Uint32Array): number;
  umask(mask: number): number;
  unshare(flags: number): number;
}

const calls = declared<Calls>((declare) => ({
  setfsuid: declare('setfsuid', 'int', 'uint'),
  setfsgid: declare('setfsgid', 'int', 'uint'),
  capget: declare('capget', 'int', 'void *', 'void *'),
  capset: declare('capset', 'int', 'void *', 'void *'),
  umask: declare('umask', 'uint', 'uint'),
  unshare: declare('unshare', 'int', 'int'),
}));

/** Bits of linux/capability.h that matter to files. */
const CAPABILITIES = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_DAC_READ_SEARCH: 2,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_MKNOD: 27,
} as const;

export type Capability = keyof typeof CAPABILITIES;

function bit(name: Capability): number {
  return 1 << CAPABILITIES[name];
}

const CLONE_FS = 0x200;
/** What setfsuid takes from who leaves root, and gives back: CAP_FS_SET of the kernel, LINUX_IMMUTABLE (9) in it. */
const FILE_BITS = 0b1_1111 | (1 << 9) | bit('CAP_MKNOD');
const PASS_EVERYWHERE = bit('CAP_DAC_OVERRIDE') | bit('CAP_DAC_READ_SEARCH');

/** _LINUX_CAPABILITY_VERSION_3, this thread. */
const header = new Uint32Array([0x2008_0522, 0]);

interface Rights {
  /** effective, permitted, inheritable of capabilities 0 to 31; the same of 32 and up. */
  readonly data: Uint32Array;
  readonly uid: number;
  readonly gid: number;
  readonly switches: boolean;
  /** The lower effective set in force now, and with it the caller's when another user's ids are. */
  effective: number;
}

let known: Rights | undefined;

function rights(): Rights {
  if (known !== undefined) return known;
  const data = new Uint32Array(6);
  if (calls().capget(header, data) !== 0) throw new SystemError(libc().errno(), 'capget');
  const effective = data[0] ?? 0;
  const needed = bit('CAP_SETUID') | bit('CAP_SETGID');
  const uid = process.geteuid?.() ?? 0;
  const switches = uid === 0 && (effective & needed) === needed;
  return (known = { data, uid, gid: process.getegid?.() ?? 0, switches, effective });
}

function setEffective(to: Rights, effective: number): void {
  to.data[0] = effective;
  if (calls().capset(header, to.data) !== 0) throw new SystemError(libc().errno(), 'capset');
  to.effective = to.data[0];
}

/** Root's ids bring back all of the permitted set that concerns files, which usually is what there was. */
function restoreEffective(to: Rights, before: number): void {
  const now = (to.effective | ((to.data[1] ?? 0) & FILE_BITS)) >>> 0;
  if (now === before) to.effective = before;
  else setEffective(to, before);
}

/** Ids the kernel did take: one that this user namespace lacks leaves everything as it was, without an error. */
const takenUids = new Set<number>();
const takenGids = new Set<number>();
const REMEMBERED = 10_000;

function change(set: (id: number) => number, id: number, taken: Set<number>, syscall: string): void {
  set(id);
  if (taken.has(id)) return;
  if (set(id) >>> 0 !== id) throw new SystemError(E.EPERM, syscall);
  if (taken.size >= REMEMBERED) taken.clear();
  taken.add(id);
}

/**
 * What `run` creates belongs to that user and group and counts against their quota, in directories their own
 * rights may not reach: whether they may has been decided, only DAC_OVERRIDE and DAC_READ_SEARCH stay of root's
 * rights. Without root, or for our own ids, it just runs. Not to be nested.
 * @throws SystemError EPERM for ids this system cannot use
 */
export function asCaller<T>(uid: number, gid: number, run: () => T): T {
  const own = rights();
  if (!own.switches || (uid === own.uid && gid === own.gid)) return run();
  const { setfsuid, setfsgid } = calls();
  const before = own.effective;
  try {
    if (gid !== own.gid) change(setfsgid, gid, takenGids, 'setfsgid');
    if (uid !== own.uid) {
      change(setfsuid, uid, takenUids, 'setfsuid');
      setEffective(own, (before & ~FILE_BITS) | (before & PASS_EVERYWHERE));
    }
    return run();
  } finally {
    if (uid !== own.uid) setfsuid(own.uid);
    if (gid !== own.gid) setfsgid(own.gid);
    if (own.effective !== before) restoreEffective(own, before);
  }
}

/** Without the right to keep set-user-ID and set-group-ID bits (CAP_FSETID): a write clears them as a user's would. */
export function withoutSetId<T>(run: () => T): T {
  const own = rights();
  const before = own.effective;
  if ((before & bit('CAP_FSETID')) === 0) return run();
  setEffective(own, before & ~bit('CAP_FSETID'));
  try {
    return run();
  } finally {
    setEffective(own, before);
  }
}

/** Whether this thread has it in force. */
export function hasCapability(name: Capability): boolean {
  return (rights().effective & bit(name)) !== 0;
}

/** This thread gives it up, for good. */
export function dropCapability(name: Capability): void {
  const own = rights();
  own.data[1] = (own.data[1] ?? 0) & ~bit(name);
  setEffective(own, own.effective & ~bit(name));
}

/** The groups of a process or thread beyond its own; none when it is gone. */
export function supplementaryGroups(pid: number): number[] {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return [];
    throw error;
  }
  const groups = /^Groups:([ \t\d]*)$/m.exec(status)?.[1] ?? '';
  return groups.split(/\s+/).filter(Boolean).map(Number);
}

let hasOwnUmask = false;

/** From now on this thread's umask, and its working directory, are its own. Once is enough. */
export function ownUmask(): void {
  if (hasOwnUmask) return;
  if (calls().unshare(CLONE_FS) !== 0) throw new SystemError(libc().errno(), 'unshare');
  hasOwnUmask = true;
}

/** What `run` creates has the mode asked for less `mask`, or what a default ACL says. After ownUmask. */
export function withUmask<T>(mask: number, run: () => T): T {
  const { umask } = calls();
  const before = umask(mask & 0o777);
  try {
    return run();
  } finally {
    umask(before);
  }
}
