/**
 * What the kernel asks, decoded: one body per operation, named as in fuse.h. Buffers in it are views of the
 * memory the request was read into: valid until it is answered, copied by whoever keeps them longer.
 */
import type { AttributeChange, Caller, HandleId, NodeId } from '../filesystem/filesystem.js';
import { OPCODE } from './protocol.js';

export type Operation = keyof typeof OPCODE;

interface Named {
  readonly name: Buffer;
}
interface Handled {
  readonly handle: HandleId;
}
type Nothing = Readonly<Record<never, never>>;

interface Making extends Named {
  /** With the type's bits for MKNOD. */
  readonly mode: number;
  readonly umask: number;
}

interface Opening {
  /** Of open(2). */
  readonly flags: number;
  readonly killSetId: boolean;
}

interface Renaming extends Named {
  readonly newParent: NodeId;
  readonly newName: Buffer;
  readonly flags: number;
}

interface Reading extends Handled {
  readonly offset: number;
  readonly size: number;
}

interface Listing extends Handled {
  readonly offset: bigint;
  readonly size: number;
}

interface Syncing extends Handled {
  readonly dataOnly: boolean;
}

interface Copying {
  readonly from: HandleId;
  readonly fromOffset: number;
  readonly to: HandleId;
  readonly toOffset: number;
  readonly length: number;
}

export interface Forgetting {
  readonly node: NodeId;
  readonly lookups: bigint;
}

export interface Hello {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: number;
  readonly flags2: number;
}

/** `node` of a request is the directory for what has a name; for LINK the directory of the new name. */
export interface Bodies {
  readonly LOOKUP: Named;
  readonly FORGET: { readonly lookups: bigint };
  readonly GETATTR: { readonly handle: HandleId | undefined };
  readonly SETATTR: { readonly handle: HandleId | undefined; readonly change: AttributeChange };
  readonly READLINK: Nothing;
  readonly SYMLINK: Named & { readonly target: Buffer };
  readonly MKNOD: Making & { readonly rdev: number };
  readonly MKDIR: Making;
  readonly UNLINK: Named;
  readonly RMDIR: Named;
  readonly RENAME: Renaming;
  readonly LINK: Named & { readonly existing: NodeId };
  readonly OPEN: Opening;
  readonly READ: Reading;
  readonly WRITE: Handled & { readonly offset: number; readonly data: Buffer; readonly killSetId: boolean };
  readonly STATFS: Nothing;
  readonly RELEASE: Handled;
  readonly FSYNC: Syncing;
  /** `killSetGid`: the access list takes the set-group-ID bit away as chmod(2) would. */
  readonly SETXATTR: Named & {
    readonly value: Buffer;
    readonly flags: number;
    readonly killSetGid: boolean;
  };
  /** Size 0 asks how long the answer is. */
  readonly GETXATTR: Named & { readonly size: number };
  readonly LISTXATTR: { readonly size: number };
  readonly REMOVEXATTR: Named;
  readonly FLUSH: Handled;
  readonly INIT: Hello;
  readonly OPENDIR: { readonly flags: number };
  readonly READDIR: Listing;
  readonly RELEASEDIR: Handled;
  readonly FSYNCDIR: Syncing;
  readonly GETLK: Nothing;
  readonly SETLK: Nothing;
  readonly SETLKW: Nothing;
  readonly ACCESS: Nothing;
  readonly CREATE: Making & Opening;
  /** The request nobody waits for any more, or not patiently. */
  readonly INTERRUPT: { readonly unique: bigint };
  readonly BMAP: Nothing;
  readonly DESTROY: Nothing;
  readonly IOCTL: Nothing;
  readonly POLL: Nothing;
  readonly NOTIFY_REPLY: Nothing;
  readonly BATCH_FORGET: { readonly forgets: readonly Forgetting[] };
  readonly FALLOCATE: Handled & {
    readonly offset: number;
    readonly length: number;
    readonly mode: number;
  };
  readonly READDIRPLUS: Listing;
  readonly RENAME2: Renaming;
  readonly LSEEK: Handled & { readonly offset: number; readonly whence: number };
  readonly COPY_FILE_RANGE: Copying;
  readonly SETUPMAPPING: Nothing;
  readonly REMOVEMAPPING: Nothing;
  readonly SYNCFS: Nothing;
  readonly TMPFILE: { readonly flags: number; readonly mode: number; readonly umask: number };
  readonly STATX: { readonly handle: HandleId | undefined };
  readonly COPY_FILE_RANGE_64: Copying;
}

export interface Request<O extends Operation = Operation> {
  readonly unique: bigint;
  readonly node: NodeId;
  readonly caller: Caller;
  readonly body: Bodies[O];
}

/** By opcode; holes where fuse.h has none. */
export const OPERATIONS: readonly (Operation | undefined)[] = (() => {
  const names: (Operation | undefined)[] = [];
  for (const [name, opcode] of Object.entries(OPCODE)) names[opcode] = name as Operation;
  return Array.from(names);
})();
