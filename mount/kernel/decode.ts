/**
 * A request's bytes as a request: the structures fuse_*_in of include/uapi/linux/fuse.h. Pure. A request too
 * short for its structure, or a size or offset no number holds exactly, is refused by errno like any other.
 */
import { E, SystemError } from '../../lib/os/system-error.js';
import type { AttributeChange, Caller } from '../filesystem/filesystem.js';
import type { Message } from './message.js';
import {
  EXT_GROUPS,
  FATTR,
  FSYNC_FDATASYNC,
  GETATTR_FH,
  IN_HEADER,
  OPEN_KILL_SUIDGID,
  WRITE_KILL_SUIDGID,
} from './protocol.js';
import type { Bodies, Forgetting, Operation, Request } from './request.js';

/** What INIT changed about the structures. */
export interface Dialect {
  /** fuse_setxattr_in has 16 bytes, not 8. */
  readonly setxattrExt: boolean;
}

const LE = true;
const SETXATTR_ACL_KILL_SGID = 1 << 0;
const NANOSECONDS = 1_000_000_000n;
const PERMISSIONS = 0o7777;

/** struct fuse_in_header: len 0, opcode 4, unique 8, nodeid 16, uid 24, gid 28, pid 32, total_extlen 36. */
export function opcodeOf(message: Message): number {
  return message.view.getUint32(4, LE);
}

export function uniqueOf(message: Message): bigint {
  return message.view.getBigUint64(8, LE);
}

function malformed(operation: string): SystemError {
  return new SystemError(E.EINVAL, operation);
}

/** A file's size or an offset in it: beyond 2^53 no filesystem of ours reaches. */
function position(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, LE) * 0x1_0000_0000 + view.getUint32(at, LE);
  if (!Number.isSafeInteger(value)) throw new SystemError(E.EFBIG, 'decode');
  return value;
}

function nameUntil({ bytes }: Message, at: number, end: number): Buffer {
  const nul = bytes.indexOf(0, at);
  if (nul < 0 || nul >= end) throw malformed('name');
  return bytes.subarray(at, nul);
}

function twoNames(message: Message, at: number, end: number): [Buffer, Buffer] {
  const first = nameUntil(message, at, end);
  return [first, nameUntil(message, at + first.length + 1, end)];
}

function nanoseconds(view: DataView, secondsAt: number, nanosecondsAt: number): bigint {
  return view.getBigInt64(secondsAt, LE) * NANOSECONDS + BigInt(view.getUint32(nanosecondsAt, LE));
}

/**
 * struct fuse_setattr_in: valid 0, fh 8, size 16, lock_owner 24, atime 32, mtime 40, ctime 48, atimensec 56,
 * mtimensec 60, ctimensec 64, mode 68, uid 76, gid 80.
 */
function attributeChange(view: DataView, at: number): AttributeChange {
  const valid = view.getUint32(at, LE);
  const change: { -readonly [K in keyof AttributeChange]: AttributeChange[K] } = {};
  if ((valid & FATTR.MODE) !== 0) change.mode = view.getUint32(at + 68, LE) & PERMISSIONS;
  if ((valid & FATTR.UID) !== 0) change.uid = view.getUint32(at + 76, LE);
  if ((valid & FATTR.GID) !== 0) change.gid = view.getUint32(at + 80, LE);
  if ((valid & FATTR.SIZE) !== 0) change.size = position(view, at + 16);
  if ((valid & FATTR.ATIME_NOW) !== 0) change.atimeNs = 'now';
  else if ((valid & FATTR.ATIME) !== 0) change.atimeNs = nanoseconds(view, at + 32, at + 56);
  if ((valid & FATTR.MTIME_NOW) !== 0) change.mtimeNs = 'now';
  else if ((valid & FATTR.MTIME) !== 0) change.mtimeNs = nanoseconds(view, at + 40, at + 60);
  if ((valid & FATTR.KILL_SUIDGID) !== 0) change.killSetId = true;
  return change;
}

type Decoder<O extends Operation> = (message: Message, end: number, dialect: Dialect) => Bodies[O];

/** Least bytes behind the header, and how they are read. */
interface Layout<O extends Operation> {
  readonly size: number;
  readonly decode: Decoder<O>;
}

const AT = IN_HEADER;
const NOTHING = Object.freeze({});
const nothing = { size: 0, decode: () => NOTHING };

function renaming(message: Message, end: number, size: number, flags: number): Bodies['RENAME2'] {
  const [name, newName] = twoNames(message, AT + size, end);
  return { newParent: message.view.getBigUint64(AT, LE), flags, name, newName };
}

const named = {
  size: 1,
  decode: (message: Message, end: number) => ({ name: nameUntil(message, AT, end) }),
};

/** fh first, whatever follows. */
const handled = {
  size: 16,
  decode: ({ view }: Message) => ({ handle: view.getBigUint64(AT, LE) }),
};

/** struct fuse_getattr_in and fuse_statx_in: flags 0, fh 8. */
const handledMaybe = {
  size: 16,
  decode: ({ view }: Message) => ({
    handle: (view.getUint32(AT, LE) & GETATTR_FH) === 0 ? undefined : view.getBigUint64(AT + 8, LE),
  }),
};

/** struct fuse_fsync_in: fh 0, fsync_flags 8. */
const syncing = {
  size: 16,
  decode: ({ view }: Message) => ({
    handle: view.getBigUint64(AT, LE),
    dataOnly: (view.getUint32(AT + 8, LE) & FSYNC_FDATASYNC) !== 0,
  }),
};

/** struct fuse_read_in: fh 0, offset 8, size 16. */
const listing = {
  size: 40,
  decode: ({ view }: Message) => ({
    handle: view.getBigUint64(AT, LE),
    offset: view.getBigUint64(AT + 8, LE),
    size: view.getUint32(AT + 16, LE),
  }),
};

/** struct fuse_copy_file_range_in: fh_in 0, off_in 8, nodeid_out 16, fh_out 24, off_out 32, len 40. */
const copying = {
  size: 56,
  decode: ({ view }: Message) => ({
    from: view.getBigUint64(AT, LE),
    fromOffset: position(view, AT + 8),
    to: view.getBigUint64(AT + 24, LE),
    toOffset: position(view, AT + 32),
    // As long as "until the end" may be: what a call copies is counted in its answer.
    length: Math.min(Number(view.getBigUint64(AT + 40, LE)), Number.MAX_SAFE_INTEGER),
  }),
};

const LAYOUTS: { readonly [O in Operation]: Layout<O> } = {
  LOOKUP: named,
  FORGET: { size: 8, decode: ({ view }) => ({ lookups: view.getBigUint64(AT, LE) }) },
  GETATTR: handledMaybe,
  SETATTR: {
    size: 88,
    decode: ({ view }) => ({
      handle: (view.getUint32(AT, LE) & FATTR.FH) === 0 ? undefined : view.getBigUint64(AT + 8, LE),
      change: attributeChange(view, AT),
    }),
  },
  READLINK: nothing,
  SYMLINK: {
    size: 3,
    decode: (message, end) => {
      const [name, target] = twoNames(message, AT, end);
      return { name, target };
    },
  },
  // struct fuse_mknod_in: mode 0, rdev 4, umask 8.
  MKNOD: {
    size: 16,
    decode: (message, end) => ({
      mode: message.view.getUint32(AT, LE),
      rdev: message.view.getUint32(AT + 4, LE),
      umask: message.view.getUint32(AT + 8, LE),
      name: nameUntil(message, AT + 16, end),
    }),
  },
  // struct fuse_mkdir_in: mode 0, umask 4.
  MKDIR: {
    size: 8,
    decode: (message, end) => ({
      mode: message.view.getUint32(AT, LE) & PERMISSIONS,
      umask: message.view.getUint32(AT + 4, LE),
      name: nameUntil(message, AT + 8, end),
    }),
  },
  UNLINK: named,
  RMDIR: named,
  RENAME: { size: 8, decode: (message, end) => renaming(message, end, 8, 0) },
  LINK: {
    size: 8,
    decode: (message, end) => ({
      existing: message.view.getBigUint64(AT, LE),
      name: nameUntil(message, AT + 8, end),
    }),
  },
  // struct fuse_open_in: flags 0, open_flags 4.
  OPEN: {
    size: 8,
    decode: ({ view }) => ({
      flags: view.getUint32(AT, LE),
      killSetId: (view.getUint32(AT + 4, LE) & OPEN_KILL_SUIDGID) !== 0,
    }),
  },
  READ: {
    size: 40,
    decode: ({ view }) => ({
      handle: view.getBigUint64(AT, LE),
      offset: position(view, AT + 8),
      size: view.getUint32(AT + 16, LE),
    }),
  },
  // struct fuse_write_in: fh 0, offset 8, size 16, write_flags 20, then 16 bytes more and the data.
  WRITE: {
    size: 40,
    decode: ({ view, bytes }, end) => {
      const size = view.getUint32(AT + 16, LE);
      if (AT + 40 + size > end) throw malformed('WRITE');
      return {
        handle: view.getBigUint64(AT, LE),
        offset: position(view, AT + 8),
        data: bytes.subarray(AT + 40, AT + 40 + size),
        killSetId: (view.getUint32(AT + 20, LE) & WRITE_KILL_SUIDGID) !== 0,
      };
    },
  },
  STATFS: nothing,
  RELEASE: { ...handled, size: 24 },
  FSYNC: syncing,
  // struct fuse_setxattr_in: size 0, flags 4, and with SETXATTR_EXT setxattr_flags 8.
  SETXATTR: {
    size: 8,
    decode: (message, end, { setxattrExt }) => {
      const { view, bytes } = message;
      const name = nameUntil(message, AT + (setxattrExt ? 16 : 8), end);
      const at = name.byteOffset - bytes.byteOffset + name.length + 1;
      const size = view.getUint32(AT, LE);
      if (at + size > end) throw malformed('SETXATTR');
      return {
        name,
        value: bytes.subarray(at, at + size),
        flags: view.getUint32(AT + 4, LE),
        killSetGid: setxattrExt && (view.getUint32(AT + 8, LE) & SETXATTR_ACL_KILL_SGID) !== 0,
      };
    },
  },
  GETXATTR: {
    size: 8,
    decode: (message, end) => ({
      size: message.view.getUint32(AT, LE),
      name: nameUntil(message, AT + 8, end),
    }),
  },
  LISTXATTR: { size: 8, decode: ({ view }) => ({ size: view.getUint32(AT, LE) }) },
  REMOVEXATTR: named,
  FLUSH: { ...handled, size: 24 },
  // struct fuse_init_in: major 0, minor 4, max_readahead 8, flags 12, and since 7.36 flags2 16.
  INIT: {
    size: 8,
    decode: ({ view }, end) => {
      const field = (at: number): number => (end >= AT + at + 4 ? view.getUint32(AT + at, LE) : 0);
      return {
        major: field(0),
        minor: field(4),
        maxReadahead: field(8),
        flags: field(12),
        flags2: field(16),
      };
    },
  },
  OPENDIR: { size: 8, decode: ({ view }) => ({ flags: view.getUint32(AT, LE) }) },
  READDIR: listing,
  RELEASEDIR: { ...handled, size: 24 },
  FSYNCDIR: syncing,
  GETLK: nothing,
  SETLK: nothing,
  SETLKW: nothing,
  ACCESS: nothing,
  // struct fuse_create_in: flags 0, mode 4, umask 8, open_flags 12.
  CREATE: {
    size: 16,
    decode: (message, end) => ({
      flags: message.view.getUint32(AT, LE),
      mode: message.view.getUint32(AT + 4, LE) & PERMISSIONS,
      umask: message.view.getUint32(AT + 8, LE),
      killSetId: (message.view.getUint32(AT + 12, LE) & OPEN_KILL_SUIDGID) !== 0,
      name: nameUntil(message, AT + 16, end),
    }),
  },
  INTERRUPT: { size: 8, decode: ({ view }) => ({ unique: view.getBigUint64(AT, LE) }) },
  BMAP: nothing,
  DESTROY: nothing,
  IOCTL: nothing,
  POLL: nothing,
  NOTIFY_REPLY: nothing,
  // struct fuse_batch_forget_in: count 0; then nodeid 0, nlookup 8 each.
  BATCH_FORGET: {
    size: 8,
    decode: ({ view }, end) => {
      const count = view.getUint32(AT, LE);
      if (AT + 8 + count * 16 > end) throw malformed('BATCH_FORGET');
      const forgets: Forgetting[] = [];
      for (let at = AT + 8; forgets.length < count; at += 16) {
        forgets.push({ node: view.getBigUint64(at, LE), lookups: view.getBigUint64(at + 8, LE) });
      }
      return { forgets };
    },
  },
  // struct fuse_fallocate_in: fh 0, offset 8, length 16, mode 24.
  FALLOCATE: {
    size: 32,
    decode: ({ view }) => ({
      handle: view.getBigUint64(AT, LE),
      offset: position(view, AT + 8),
      length: position(view, AT + 16),
      mode: view.getUint32(AT + 24, LE),
    }),
  },
  READDIRPLUS: listing,
  // struct fuse_rename2_in: newdir 0, flags 8.
  RENAME2: {
    size: 16,
    decode: (message, end) => renaming(message, end, 16, message.view.getUint32(AT + 8, LE)),
  },
  // struct fuse_lseek_in: fh 0, offset 8, whence 16.
  LSEEK: {
    size: 24,
    decode: ({ view }) => ({
      handle: view.getBigUint64(AT, LE),
      offset: position(view, AT + 8),
      whence: view.getUint32(AT + 16, LE),
    }),
  },
  COPY_FILE_RANGE: copying,
  SETUPMAPPING: nothing,
  REMOVEMAPPING: nothing,
  SYNCFS: nothing,
  // struct fuse_create_in again; the name behind it is the kernel's own invention.
  TMPFILE: {
    size: 16,
    decode: ({ view }) => ({
      flags: view.getUint32(AT, LE),
      mode: view.getUint32(AT + 4, LE) & PERMISSIONS,
      umask: view.getUint32(AT + 8, LE),
    }),
  },
  STATX: handledMaybe,
  COPY_FILE_RANGE_64: copying,
};

/** struct fuse_ext_header (size 0, type 4) and, for groups, fuse_supp_groups (nr_groups 0, groups 4). */
function groupIn(view: DataView, from: number, end: number): number | undefined {
  for (let at = from; at + 8 <= end;) {
    const size = view.getUint32(at, LE);
    if (size < 8 || at + size > end) throw malformed('extension');
    const groups = view.getUint32(at + 4, LE) === EXT_GROUPS && size >= 16;
    if (groups && view.getUint32(at + 8, LE) > 0) return view.getUint32(at + 12, LE);
    at += size;
  }
  return undefined;
}

function callerOf(view: DataView, extension: number, end: number): Caller {
  const uid = view.getUint32(24, LE);
  const gid = view.getUint32(28, LE);
  const pid = view.getUint32(32, LE);
  if (extension === end) return { uid, gid, pid };
  const alsoIn = groupIn(view, extension, end);
  return alsoIn === undefined ? { uid, gid, pid } : { uid, gid, pid, alsoIn };
}

/**
 * @param length bytes read into the message, at least a header
 * @throws SystemError EINVAL, EFBIG: what the request is to be answered with
 */
export function decode<O extends Operation>(
  operation: O,
  message: Message,
  length: number,
  dialect: Dialect,
): Request<O> {
  const { view } = message;
  const extension = length - view.getUint16(36, LE) * 8;
  const layout = LAYOUTS[operation];
  if (extension < IN_HEADER + layout.size) throw malformed(operation);
  return {
    unique: view.getBigUint64(8, LE),
    node: view.getBigUint64(16, LE),
    caller: callerOf(view, extension, length),
    body: layout.decode(message, extension, dialect),
  };
}
