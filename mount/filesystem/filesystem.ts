/**
 * The store as a filesystem, in syscall words: what a binding (our own session, fuse-native) may ask. It knows
 * no kernel and no protocol, and is called from one thread. Every method throws SystemError, whose errno the
 * caller of the system call gets. Names are bytes, one entry of a directory, never `.` or `..`.
 * What may take long answers with a promise; everything else is a few system calls.
 */
import type { Eventually } from '../../lib/store/store.js';

/** Which inode: the same for every name of it, stable over restarts, never a path. 1 is the mount's root. */
export type NodeId = bigint;

/** An open file or directory. */
export type HandleId = bigint;

export const ROOT: NodeId = 1n;

/** Who makes the system call. Supplementary groups are read from /proc when they matter. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
  /** The parent directory's group, where something is made and the caller is in it beside `gid`. */
  readonly alsoIn?: number;
}

/** stat(2)'s facts, as the mount shows them. */
export interface Attributes {
  /** st_ino: the node's id. */
  readonly ino: bigint;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  readonly blockSize: number;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint | undefined;
}

/** Attributes, and for how long the kernel may answer from them. Seconds. */
export interface Fresh {
  readonly attributes: Attributes;
  readonly attributesFor: number;
}

/** What a name leads to. Each one handed out is a lookup the kernel gives back by `forget`. */
export interface Entry extends Fresh {
  readonly node: NodeId;
  readonly generation: bigint;
  /** Seconds the name may be taken to lead there. */
  readonly nameFor: number;
}

/** No such name, and for how many seconds that may be believed. */
export interface Missing {
  readonly node: undefined;
  readonly nameFor: number;
}

export interface Opened {
  readonly handle: HandleId;
  /** The file itself, for passthrough: valid until `release`. undefined for what has no descriptor (the top level). */
  readonly fd: number | undefined;
  /** Cached pages of the node are still those of the content. */
  readonly keepCache: boolean;
}

/** nanoseconds, or the time the call is made. Members left out stay as they are. */
export interface AttributeChange {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number;
  readonly atimeNs?: bigint | 'now';
  readonly mtimeNs?: bigint | 'now';
  /** Clear set-user-ID and set-group-ID as write(2) does (HANDLE_KILLPRIV_V2). */
  readonly killSetId?: boolean;
}

export interface DirectoryEntry {
  readonly name: Buffer;
  /** Stable position after this entry, for lseek and the next page. Never 0. */
  readonly offset: bigint;
  readonly ino: bigint;
  /** d_type. */
  readonly type: number;
  /** With `plus`: a lookup like any other; undefined where the entry went meanwhile, and for `.` and `..`. */
  readonly entry: Entry | undefined;
}

export interface Statfs {
  readonly blockSize: number;
  readonly blocks: bigint;
  readonly free: bigint;
  readonly available: bigint;
  readonly files: bigint;
  readonly filesFree: bigint;
  readonly nameMax: number;
}

export interface Filesystem {
  /** false: closing a descriptor has nothing to do, and `flush` need not be asked for. */
  readonly flushes?: boolean;

  lookup(parent: NodeId, name: Buffer, caller: Caller): Entry | Missing;
  /** The node itself, for a handle that was rebuilt (NFS): LOOKUP of `.`. The kernel compares the generation. @throws ESTALE */
  lookupNode(node: NodeId): Entry;
  forget(node: NodeId, lookups: bigint): void;
  /** What the kernel was given for a name and may hold. */
  child?(parent: NodeId, name: Buffer): NodeId | undefined;

  getattr(node: NodeId, handle: HandleId | undefined): Fresh;
  /** A truncation of much, or one that waits for a lock, later. */
  setattr(
    node: NodeId,
    change: AttributeChange,
    handle: HandleId | undefined,
    caller: Caller,
  ): Eventually<Fresh>;
  readlink(node: NodeId): Buffer;
  statfs(node: NodeId): Statfs;

  mknod(
    parent: NodeId,
    name: Buffer,
    mode: number,
    rdev: number,
    umask: number,
    caller: Caller,
  ): Eventually<Entry>;
  /** At the top of a store: makes a bucket. @throws EINVAL for what is no bucket's name */
  mkdir(parent: NodeId, name: Buffer, mode: number, umask: number, caller: Caller): Eventually<Entry>;
  symlink(parent: NodeId, name: Buffer, target: Buffer, caller: Caller): Eventually<Entry>;
  link(node: NodeId, parent: NodeId, name: Buffer, caller: Caller): Eventually<Entry>;
  unlink(parent: NodeId, name: Buffer, caller: Caller): Eventually<void>;
  rmdir(parent: NodeId, name: Buffer, caller: Caller): Eventually<void>;
  /** @param flags RENAME_NOREPLACE 1, RENAME_EXCHANGE 2 */
  rename(
    parent: NodeId,
    name: Buffer,
    newParent: NodeId,
    newName: Buffer,
    flags: number,
    caller: Caller,
  ): Eventually<void>;

  /** @param flags of open(2), O_TRUNC among them; `killSetId` as in AttributeChange */
  open(node: NodeId, flags: number, killSetId: boolean, caller: Caller): Eventually<Opened>;
  create(
    parent: NodeId,
    name: Buffer,
    flags: number,
    mode: number,
    umask: number,
    caller: Caller,
  ): Eventually<{ readonly entry: Entry; readonly opened: Opened }>;
  /** O_TMPFILE. */
  tmpfile(
    parent: NodeId,
    flags: number,
    mode: number,
    umask: number,
    caller: Caller,
  ): Eventually<{ readonly entry: Entry; readonly opened: Opened }>;
  /** @returns bytes read into `into` */
  read(handle: HandleId, offset: number, into: Buffer): Eventually<number>;
  /** @returns bytes written */
  write(
    handle: HandleId,
    offset: number,
    from: Buffer,
    killSetId: boolean,
    caller: Caller,
  ): Eventually<number>;
  /** Each close(2) of a descriptor. */
  flush(handle: HandleId): Eventually<void>;
  /** The last descriptor went. */
  release(handle: HandleId): Eventually<void>;
  fsync(handle: HandleId, dataOnly: boolean): Promise<void>;
  fallocate(handle: HandleId, mode: number, offset: number, length: number, caller: Caller): Eventually<void>;
  /** SEEK_DATA 3, SEEK_HOLE 4. */
  lseek(handle: HandleId, offset: number, whence: number): number;
  copyFileRange(
    from: HandleId,
    fromOffset: number,
    to: HandleId,
    toOffset: number,
    length: number,
    caller: Caller,
  ): Eventually<number>;

  opendir(node: NodeId): HandleId;
  /** Whether names read of the directory from now on stay true until the kernel is told that they do not. */
  listingStays?(node: NodeId): boolean;
  /** Entries behind `offset` (0: from the start) until `take` answers false: then that one was not taken. */
  readdir(handle: HandleId, offset: bigint, plus: boolean, take: (entry: DirectoryEntry) => boolean): void;
  releasedir(handle: HandleId): void;
  fsyncdir(handle: HandleId): Promise<void>;

  getxattr(node: NodeId, name: Buffer, caller: Caller): Buffer;
  /** NUL-terminated names. */
  listxattr(node: NodeId, caller: Caller): Buffer;
  /** @param flags XATTR_CREATE 1, XATTR_REPLACE 2 */
  setxattr(node: NodeId, name: Buffer, value: Buffer, flags: number, caller: Caller): Eventually<void>;
  removexattr(node: NodeId, name: Buffer, caller: Caller): Eventually<void>;

  /** Closes every descriptor. */
  close(): void;
}
