/** Filesystems appearing in the tree and leaving it: mount(2), umount2(2). For who may, root that is. */
import { cString } from './c-string.js';
import type { CString } from './c-string.js';
import { declared, lastError } from './libc.js';

interface Calls {
  mount(source: CString, target: CString, type: CString, flags: number, data: CString): number;
  umount2: Umount;
}

interface Umount {
  (target: CString, flags: number): number;
  /** On a thread of libuv's pool; errno is that call's inside `done`. */
  async(target: CString, flags: number, done: (error: unknown, result: number) => void): void;
}

const calls = declared<Calls>((declare) => ({
  mount: declare('mount', 'int', 'void *', 'void *', 'void *', 'ulong', 'void *'),
  umount2: declare('umount2', 'int', 'void *', 'int'),
}));

const MNT_FORCE = 1;
const MNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

export interface FuseMount {
  /** What the mount table says is mounted. */
  readonly source: string;
  readonly target: string;
  /** `fuse.SUBTYPE`. */
  readonly type: string;
  /** Of mount(2). */
  readonly flags: number;
  /** Of fuse(4), with commas: `fd=N,rootmode=40000,user_id=0,group_id=0,default_permissions,allow_other`. */
  readonly data: string;
}

/** @throws SystemError EPERM, ENOENT, ENOTDIR, EINVAL (the descriptor, or an option), ENODEV (no fuse in the kernel) */
export function mountFuse({ source, target, type, flags, data }: FuseMount): void {
  const done = calls().mount(
    cString(source, 'mount'),
    cString(target, 'mount'),
    cString(type, 'mount'),
    flags,
    cString(data, 'mount'),
  );
  if (done !== 0) throw lastError('mount');
}

export interface Unmounting {
  /** Lets whoever waits for the server fail, then unmounts unless it is still busy. */
  readonly force?: boolean;
  /** Out of the tree at once, gone when the last user is. */
  readonly detach?: boolean;
}

function flagsOf(options: Unmounting | undefined): number {
  const force = options?.force === true ? MNT_FORCE : 0;
  return force | (options?.detach === true ? MNT_DETACH : 0) | UMOUNT_NOFOLLOW;
}

/** May wait for the filesystem's server to answer. @throws SystemError EBUSY; EINVAL when nothing is mounted there; EPERM */
export function unmount(target: string | Buffer, options?: Unmounting): void {
  if (calls().umount2(cString(target, 'umount2'), flagsOf(options)) !== 0) throw lastError('umount2');
}

/** As unmount; this thread can answer the filesystem's requests meanwhile. */
export function unmountLater(target: string | Buffer, options?: Unmounting): Promise<void> {
  const name = cString(target, 'umount2');
  return new Promise((resolve, reject) => {
    calls().umount2.async(name, flagsOf(options), (error, result) => {
      if (error !== null) reject(error instanceof Error ? error : new Error(String(error)));
      else if (result !== 0) reject(lastError('umount2'));
      else resolve();
    });
  });
}
