/**
 * Each operation: which call of the filesystem it is, how the result is encoded, what follows once the kernel
 * has taken the answer, and what is undone when it has not (it gave up waiting: ENOENT).
 * What is not here is answered ENOSYS, after which the kernel does without: ACCESS and the locks (it checks
 * and keeps them itself), POLL (always ready), BMAP, SYNCFS.
 */
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Eventually } from '../../lib/store/store.js';
import type { Entry, Filesystem, Fresh, Missing, NodeId, Opened, Statfs } from '../filesystem/filesystem.js';
import { DirectoryPage } from './directory-page.js';
import {
  putBytes,
  putCreated,
  putEntry,
  putFresh,
  putLong,
  putOpened,
  putSize,
  putStatfs,
  putStatx,
} from './encode.js';
import type { Message } from './message.js';
import type { Agreement } from './negotiation.js';
import type { Backings } from './passthrough.js';
import { FOPEN, MAX_WRITE, OUT_HEADER } from './protocol.js';
import type { Operation, Request } from './request.js';

/** What operations work with. */
export interface Bound {
  readonly filesystem: Filesystem;
  readonly backings: Backings;
  readonly agreement: Agreement;
  /** The kernel drops its attributes of the node. Only for one that a system call under way holds. */
  readonly attributesChange: (node: NodeId) => void;
}

export interface Handler<O extends Operation = Operation, T = unknown> {
  /** @param answer memory of this request's answer, until it is sent */
  perform(bound: Bound, request: Request<O>, answer: Message): Eventually<T>;
  /** @returns bytes behind the header */
  encode(answer: Message, result: T, bound: Bound, request: Request<O>): number;
  sent?(bound: Bound, request: Request<O>, result: T): void;
  undo?(bound: Bound, request: Request<O>, result: T): void;
}

/** O_ACCMODE. */
const ACCESS_MODE = 3;
const READ_ONLY = 0;
const S_ISGID = 0o2000;
const PERMISSIONS = 0o7777;
/** What fits the 32 bits of COPY_FILE_RANGE's answer; the kernel asks for the rest. */
const COPY_AT_ONCE = 0x7fff_f000;
const DOT = 0x2e;

const none = (): number => 0;

/** A name was handed out: a lookup, which is given back if the answer is lost. */
const handsOutEntry = {
  encode: (answer: Message, entry: Entry | Missing) => putEntry(answer, entry),
  undo: ({ filesystem }: Bound, _request: unknown, { node }: Entry | Missing) => {
    if (node !== undefined) filesystem.forget(node, 1n);
  },
};

const answersFresh = { encode: (answer: Message, fresh: Fresh) => putFresh(answer, fresh) };

/** An open file as the kernel is told of it. */
interface OpenAnswer {
  readonly opened: Opened;
  readonly flags: number;
  readonly backingId: number;
}

function openAnswer(bound: Bound, node: NodeId, opened: Opened, flags: number): OpenAnswer {
  const writing = (flags & ACCESS_MODE) !== READ_ONLY;
  const backingId = bound.backings.enter(node, opened.fd, writing);
  // Closing a file that was only read has nothing to tell, and is not worth a question.
  const tells = writing && bound.filesystem.flushes !== false;
  const flush = tells || !bound.agreement.noFlush ? 0 : FOPEN.NOFLUSH;
  if (backingId > 0) return { opened, flags: FOPEN.PASSTHROUGH | flush, backingId };
  return { opened, flags: (opened.keepCache ? FOPEN.KEEP_CACHE : 0) | flush, backingId };
}

/** Without these the kernel drops what it read of the directory before, and asks again. */
function listingFlags({ agreement, filesystem }: Bound, node: NodeId): number {
  const stays = agreement.listings && filesystem.listingStays?.(node) === true;
  return stays ? FOPEN.CACHE_DIR | FOPEN.KEEP_CACHE : 0;
}

/** Writes past us move size and times without a word: from here on the kernel asks. */
function askFromNowOn(bound: Bound, node: NodeId, { backingId }: OpenAnswer, flags: number): void {
  if (backingId > 0 && (flags & ACCESS_MODE) !== READ_ONLY) bound.attributesChange(node);
}

function abandon(bound: Bound, node: NodeId, { opened }: OpenAnswer): void {
  bound.backings.leave(node);
  // Nobody is left to hear of a failure.
  Promise.resolve(bound.filesystem.release(opened.handle)).catch(() => undefined);
}

interface Created {
  readonly entry: Entry;
  readonly answer: OpenAnswer;
}

type Creation = Eventually<{ readonly entry: Entry; readonly opened: Opened }>;

function created(bound: Bound, flags: number, creation: Creation): Eventually<Created> {
  return after(creation, ({ entry, opened }) => ({
    entry,
    answer: openAnswer(bound, entry.node, opened, flags),
  }));
}

const handsOutOpenEntry = {
  encode: (message: Message, { entry, answer }: Created) =>
    putCreated(message, entry, answer.opened.handle, answer.flags, answer.backingId),
  sent: (bound: Bound, { body }: Request<'CREATE' | 'TMPFILE'>, { entry, answer }: Created) => {
    if (entry.attributesFor > 0) askFromNowOn(bound, entry.node, answer, body.flags);
  },
  undo: (bound: Bound, _request: unknown, { entry, answer }: Created) => {
    abandon(bound, entry.node, answer);
    bound.filesystem.forget(entry.node, 1n);
  },
};

function after<T, U>(value: Eventually<T>, then: (value: T) => U): Eventually<U> {
  return value instanceof Promise ? value.then(then) : then(value);
}

/** NFS's way back from a handle it kept: `.` is the node itself, `..` the directory it is in. */
function lookupSelf({ filesystem }: Bound, node: NodeId, name: Buffer): Entry | undefined {
  if (name[0] !== DOT || name.length > 2) return undefined;
  if (name.length === 1) return filesystem.lookupNode(node);
  return name[1] === DOT ? filesystem.lookupNode(parentOf(filesystem, node)) : undefined;
}

function parentOf(filesystem: Filesystem, node: NodeId): NodeId {
  const handle = filesystem.opendir(node);
  let parent: NodeId | undefined;
  try {
    filesystem.readdir(handle, 0n, false, ({ name, ino }) => {
      if (name.length === 2 && name[0] === DOT && name[1] === DOT) parent = ino;
      return parent === undefined;
    });
  } finally {
    filesystem.releasedir(handle);
  }
  if (parent === undefined) throw new SystemError(E.ESTALE, 'LOOKUP');
  return parent;
}

/** Size 0 asks for the size; too small a room is ERANGE. */
function roomFor(value: Buffer, size: number): Buffer {
  if (size > 0 && value.length > size) throw new SystemError(E.ERANGE, 'getxattr');
  return value;
}

const attributeBytes = {
  encode: (
    answer: Message,
    value: Buffer,
    _bound: unknown,
    { body }: Request<'GETXATTR' | 'LISTXATTR'>,
  ): number => (body.size === 0 ? putSize(answer, value.length) : putBytes(answer, value)),
};

function listing<O extends 'READDIR' | 'READDIRPLUS'>(plus: boolean): Handler<O, number> {
  return {
    perform: ({ filesystem }, { body }, answer) => {
      const page = new DirectoryPage(answer, plus, body.size);
      filesystem.readdir(body.handle, body.offset, plus, page.take);
      return page.size;
    },
    encode: (_answer, size) => size,
  };
}

/**
 * The kernel forgets attributes after these calls by itself, but takes them again from an answer that was on its way
 * meanwhile. Told by us before our answer, it knows that one for an old one.
 */
function outdates(bound: Bound, node: NodeId | undefined): number {
  if (node !== undefined) bound.attributesChange(node);
  return 0;
}

/** An operation that changes entries of the directory it is asked of. */
function changing<O extends Operation, T>(handler: Handler<O, T>): Handler<O> {
  return row<O, T>({
    ...handler,
    encode: (answer, result, bound, request) => {
      outdates(bound, request.node);
      return handler.encode(answer, result, bound, request);
    },
  });
}

function renaming<O extends 'RENAME' | 'RENAME2'>(): Handler<O, void> {
  return {
    perform: ({ filesystem }, { node, caller, body }) =>
      filesystem.rename(node, body.name, body.newParent, body.newName, body.flags, caller),
    encode: (_answer, _result, bound, { node, body }) => {
      const { filesystem } = bound;
      if (body.newParent !== node) outdates(bound, body.newParent);
      outdates(bound, filesystem.child?.(node, body.name));
      return outdates(bound, filesystem.child?.(body.newParent, body.newName));
    },
  };
}

function copying(
  { filesystem }: Bound,
  request: Request<'COPY_FILE_RANGE' | 'COPY_FILE_RANGE_64'>,
): Eventually<number> {
  const { from, fromOffset, to, toOffset, length } = request.body;
  const { caller } = request;
  return filesystem.copyFileRange(from, fromOffset, to, toOffset, Math.min(length, COPY_AT_ONCE), caller);
}

/** chmod(2) takes the bit away from who is not in the group; with an access list the kernel leaves it to us. */
function dropSetGid({ filesystem }: Bound, { node, caller }: Request): Eventually<void> {
  const { mode } = filesystem.getattr(node, undefined).attributes;
  if ((mode & S_ISGID) === 0) return;
  return after(
    filesystem.setattr(node, { mode: mode & PERMISSIONS & ~S_ISGID }, undefined, caller),
    () => undefined,
  );
}

type Handlers = { readonly [O in Operation]?: Handler<O> };

/** Each row keeps its own result type; the table forgets it. */
function row<O extends Operation, T>(handler: Handler<O, T>): Handler<O> {
  return handler as Handler<O>;
}

const HANDLERS: Handlers = {
  LOOKUP: row<'LOOKUP', Entry | Missing>({
    perform: (bound, { node, caller, body }) =>
      lookupSelf(bound, node, body.name) ?? bound.filesystem.lookup(node, body.name, caller),
    ...handsOutEntry,
  }),
  GETATTR: row<'GETATTR', Fresh>({
    perform: ({ filesystem }, { node, body }) => filesystem.getattr(node, body.handle),
    ...answersFresh,
  }),
  STATX: row<'STATX', Fresh>({
    perform: ({ filesystem }, { node, body }) => filesystem.getattr(node, body.handle),
    encode: (answer, fresh) => putStatx(answer, fresh),
  }),
  SETATTR: row<'SETATTR', Fresh>({
    perform: ({ filesystem }, { node, caller, body }) =>
      filesystem.setattr(node, body.change, body.handle, caller),
    ...answersFresh,
  }),
  READLINK: row<'READLINK', Buffer>({
    perform: ({ filesystem }, { node }) => filesystem.readlink(node),
    encode: (answer, target) => putBytes(answer, target),
  }),
  STATFS: row<'STATFS', Statfs>({
    perform: ({ filesystem }, { node }) => filesystem.statfs(node),
    encode: (answer, statfs) => putStatfs(answer, statfs),
  }),

  MKNOD: changing<'MKNOD', Entry>({
    perform: ({ filesystem }, { node, caller, body }) =>
      filesystem.mknod(node, body.name, body.mode, body.rdev, body.umask, caller),
    ...handsOutEntry,
  }),
  MKDIR: changing<'MKDIR', Entry>({
    perform: ({ filesystem }, { node, caller, body }) =>
      filesystem.mkdir(node, body.name, body.mode, body.umask, caller),
    ...handsOutEntry,
  }),
  SYMLINK: changing<'SYMLINK', Entry>({
    perform: ({ filesystem }, { node, caller, body }) =>
      filesystem.symlink(node, body.name, body.target, caller),
    ...handsOutEntry,
  }),
  LINK: changing<'LINK', Entry>({
    perform: ({ filesystem }, { node, caller, body }) =>
      filesystem.link(body.existing, node, body.name, caller),
    ...handsOutEntry,
    encode: (answer, entry, bound, { body }) => {
      outdates(bound, body.existing);
      return putEntry(answer, entry);
    },
  }),
  UNLINK: changing<'UNLINK', void>({
    perform: ({ filesystem }, { node, caller, body }) => filesystem.unlink(node, body.name, caller),
    encode: none,
  }),
  RMDIR: changing<'RMDIR', void>({
    perform: ({ filesystem }, { node, caller, body }) => filesystem.rmdir(node, body.name, caller),
    encode: none,
  }),
  RENAME: changing(renaming<'RENAME'>()),
  RENAME2: changing(renaming<'RENAME2'>()),

  OPEN: row<'OPEN', OpenAnswer>({
    perform: (bound, { node, caller, body }) =>
      after(bound.filesystem.open(node, body.flags, body.killSetId, caller), (opened) =>
        openAnswer(bound, node, opened, body.flags),
      ),
    encode: (answer, { opened, flags, backingId }) => putOpened(answer, opened.handle, flags, backingId),
    sent: (bound, { node, body }, result) => askFromNowOn(bound, node, result, body.flags),
    undo: (bound, { node }, result) => abandon(bound, node, result),
  }),
  CREATE: changing<'CREATE', Created>({
    perform: (bound, { node, caller, body: { name, flags, mode, umask } }) =>
      created(bound, flags, bound.filesystem.create(node, name, flags, mode, umask, caller)),
    ...handsOutOpenEntry,
  }),
  TMPFILE: row<'TMPFILE', Created>({
    perform: (bound, { node, caller, body: { flags, mode, umask } }) =>
      created(bound, flags, bound.filesystem.tmpfile(node, flags, mode, umask, caller)),
    ...handsOutOpenEntry,
  }),
  READ: row<'READ', number>({
    perform: ({ filesystem }, { body: { handle, offset, size } }, { bytes }) =>
      filesystem.read(handle, offset, bytes.subarray(OUT_HEADER, OUT_HEADER + Math.min(size, MAX_WRITE))),
    encode: (_answer, size) => size,
  }),
  WRITE: row<'WRITE', number>({
    perform: ({ filesystem }, { caller, body: { handle, offset, data, killSetId } }) =>
      filesystem.write(handle, offset, data, killSetId, caller),
    encode: (answer, size) => putSize(answer, size),
  }),
  FLUSH: row<'FLUSH', void>({
    perform: ({ filesystem }, { body }) => filesystem.flush(body.handle),
    encode: none,
  }),
  RELEASE: row<'RELEASE', void>({
    perform: ({ filesystem, backings }, { node, body }) => {
      backings.leave(node);
      return filesystem.release(body.handle);
    },
    encode: none,
  }),
  FSYNC: row<'FSYNC', void>({
    perform: ({ filesystem }, { body }) => filesystem.fsync(body.handle, body.dataOnly),
    encode: none,
  }),
  FALLOCATE: row<'FALLOCATE', void>({
    perform: ({ filesystem }, { caller, body: { handle, mode, offset, length } }) =>
      filesystem.fallocate(handle, mode, offset, length, caller),
    encode: none,
  }),
  LSEEK: row<'LSEEK', number>({
    perform: ({ filesystem }, { body }) => filesystem.lseek(body.handle, body.offset, body.whence),
    encode: (answer, offset) => putLong(answer, offset),
  }),
  COPY_FILE_RANGE: row<'COPY_FILE_RANGE', number>({
    perform: copying,
    encode: (answer, size) => putSize(answer, size),
  }),
  COPY_FILE_RANGE_64: row<'COPY_FILE_RANGE_64', number>({
    perform: copying,
    encode: (answer, size) => putLong(answer, size),
  }),

  OPENDIR: row<'OPENDIR', bigint>({
    perform: ({ filesystem }, { node }) => filesystem.opendir(node),
    encode: (answer, handle, bound, { node }) => putOpened(answer, handle, listingFlags(bound, node), 0),
    undo: ({ filesystem }, _request, handle) => filesystem.releasedir(handle),
  }),
  READDIR: row(listing<'READDIR'>(false)),
  READDIRPLUS: row(listing<'READDIRPLUS'>(true)),
  RELEASEDIR: row<'RELEASEDIR', void>({
    perform: ({ filesystem }, { body }) => filesystem.releasedir(body.handle),
    encode: none,
  }),
  FSYNCDIR: row<'FSYNCDIR', void>({
    perform: ({ filesystem }, { body }) => filesystem.fsyncdir(body.handle),
    encode: none,
  }),

  GETXATTR: row<'GETXATTR', Buffer>({
    perform: ({ filesystem }, { node, caller, body }) =>
      roomFor(filesystem.getxattr(node, body.name, caller), body.size),
    ...attributeBytes,
  }),
  LISTXATTR: row<'LISTXATTR', Buffer>({
    perform: ({ filesystem }, { node, caller, body }) =>
      roomFor(filesystem.listxattr(node, caller), body.size),
    ...attributeBytes,
  }),
  SETXATTR: row<'SETXATTR', void>({
    perform: (bound, request) => {
      const { name, value, flags, killSetGid } = request.body;
      const set = bound.filesystem.setxattr(request.node, name, value, flags, request.caller);
      if (!killSetGid) return set;
      return set instanceof Promise ? set.then(() => dropSetGid(bound, request)) : dropSetGid(bound, request);
    },
    encode: (_answer, _result, bound, { node }) => outdates(bound, node),
  }),
  REMOVEXATTR: row<'REMOVEXATTR', void>({
    perform: ({ filesystem }, { node, caller, body }) => filesystem.removexattr(node, body.name, caller),
    encode: (_answer, _result, bound, { node }) => outdates(bound, node),
  }),

  IOCTL: row<'IOCTL', never>({
    perform: () => {
      throw new SystemError(E.ENOTTY, 'ioctl');
    },
    encode: none,
  }),
};

/** undefined: ENOSYS. */
export function handlerOf(operation: Operation): Handler | undefined {
  return HANDLERS[operation] as Handler | undefined;
}
