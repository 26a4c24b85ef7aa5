/** A small filesystem in memory: what the session is tried with. Modes are kept, not checked. */
import { E, SystemError } from '../../../lib/os/system-error.js';
import type {
  AttributeChange,
  Attributes,
  Caller,
  DirectoryEntry,
  Entry,
  Filesystem,
  Fresh,
  HandleId,
  Missing,
  NodeId,
  Opened,
  Statfs,
} from '../../../mount/filesystem/filesystem.js';
import { ROOT } from '../../../mount/filesystem/filesystem.js';

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const O_TRUNC = 0o1000;

interface Inode {
  readonly id: NodeId;
  mode: number;
  uid: number;
  gid: number;
  rdev: number;
  nlink: number;
  content: Buffer;
  readonly children: Map<string, Inode>;
  parent: Inode | undefined;
  readonly attributes: Map<string, Buffer>;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  lookups: bigint;
}

function fail(errno: number, syscall: string): never {
  throw new SystemError(errno, syscall);
}

export class MemoryFilesystem implements Filesystem {
  readonly #validity: number;
  readonly #slow: number;
  readonly #inodes = new Map<NodeId, Inode>();
  readonly #handles = new Map<HandleId, Inode>();
  #nextNode = ROOT;
  #nextHandle = 1n;
  #clock = 1_700_000_000_000_000_000n;
  closed = false;

  /**
   * @param validity seconds the kernel may believe what it is told
   * @param slow milliseconds until a directory is made
   */
  constructor(validity = 1, slow = 1) {
    this.#validity = validity;
    this.#slow = slow;
    this.#make(S_IFDIR | 0o755, 0, 0, undefined);
  }

  get openHandles(): number {
    return this.#handles.size;
  }

  lookupsOf(node: NodeId): bigint {
    return this.#inode(node).lookups;
  }

  lookup(parent: NodeId, name: Buffer, _caller: Caller): Entry | Missing {
    const child = this.#directory(parent).children.get(name.toString('latin1'));
    return child === undefined ? { node: undefined, nameFor: this.#validity } : this.#entry(child);
  }

  lookupNode(node: NodeId): Entry {
    return this.#entry(this.#inodes.get(node) ?? fail(E.ESTALE, 'lookup'));
  }

  forget(node: NodeId, lookups: bigint): void {
    const inode = this.#inode(node);
    inode.lookups -= lookups;
    if (inode.lookups < 0n) throw new Error(`node ${node} was forgotten more often than looked up`);
  }

  getattr(node: NodeId, _handle: HandleId | undefined): Fresh {
    return this.#fresh(this.#inode(node));
  }

  setattr(node: NodeId, change: AttributeChange): Fresh {
    const inode = this.#inode(node);
    if (change.mode !== undefined) inode.mode = (inode.mode & S_IFMT) | change.mode;
    if (change.uid !== undefined) inode.uid = change.uid;
    if (change.gid !== undefined) inode.gid = change.gid;
    if (change.size !== undefined) this.#resize(inode, change.size);
    if (change.atimeNs !== undefined) inode.atimeNs = this.#time(change.atimeNs);
    if (change.mtimeNs !== undefined) inode.mtimeNs = this.#time(change.mtimeNs);
    inode.ctimeNs = this.#tick();
    return this.#fresh(inode);
  }

  readlink(node: NodeId): Buffer {
    return this.#inode(node).content;
  }

  statfs(): Statfs {
    return {
      blockSize: 4096,
      blocks: 1000n,
      free: 500n,
      available: 400n,
      files: 100n,
      filesFree: 50n,
      nameMax: 255,
    };
  }

  mknod(parent: NodeId, name: Buffer, mode: number, rdev: number, umask: number, caller: Caller): Entry {
    const inode = this.#create(parent, name, mode & ~umask, caller);
    inode.rdev = rdev;
    return this.#entry(inode);
  }

  /** Later, as making a bucket is. */
  async mkdir(parent: NodeId, name: Buffer, mode: number, umask: number, caller: Caller): Promise<Entry> {
    const kept = Buffer.from(name);
    await new Promise((resolve) => setTimeout(resolve, this.#slow));
    if (!kept.equals(name)) throw new Error('the name changed before it was answered');
    return this.#entry(this.#create(parent, name, S_IFDIR | (mode & ~umask), caller));
  }

  symlink(parent: NodeId, name: Buffer, target: Buffer, caller: Caller): Entry {
    const inode = this.#create(parent, name, S_IFLNK | 0o777, caller);
    inode.content = Buffer.from(target);
    return this.#entry(inode);
  }

  link(node: NodeId, parent: NodeId, name: Buffer): Entry {
    const inode = this.#inode(node);
    this.#add(this.#directory(parent), name, inode);
    inode.nlink += 1;
    return this.#entry(inode);
  }

  unlink(parent: NodeId, name: Buffer): void {
    this.#remove(this.#directory(parent), name, false);
  }

  rmdir(parent: NodeId, name: Buffer): void {
    this.#remove(this.#directory(parent), name, true);
  }

  rename(parent: NodeId, name: Buffer, newParent: NodeId, newName: Buffer, flags: number): void {
    const from = this.#directory(parent);
    const to = this.#directory(newParent);
    const moved = from.children.get(name.toString('latin1')) ?? fail(E.ENOENT, 'rename');
    const replaced = to.children.get(newName.toString('latin1'));
    if (replaced !== undefined && flags === 1) fail(E.EEXIST, 'rename');
    if (replaced !== undefined) this.#remove(to, newName, (replaced.mode & S_IFMT) === S_IFDIR);
    from.children.delete(name.toString('latin1'));
    to.children.set(newName.toString('latin1'), moved);
    moved.parent = to;
  }

  open(node: NodeId, flags: number): Opened {
    const inode = this.#inode(node);
    if ((flags & O_TRUNC) !== 0) this.#resize(inode, 0);
    return this.#opened(inode);
  }

  create(parent: NodeId, name: Buffer, _flags: number, mode: number, umask: number, caller: Caller) {
    const inode = this.#create(parent, name, S_IFREG | (mode & ~umask), caller);
    return { entry: this.#entry(inode), opened: this.#opened(inode) };
  }

  tmpfile(_parent: NodeId, _flags: number, mode: number, umask: number, caller: Caller) {
    const inode = this.#make(S_IFREG | (mode & ~umask), caller.uid, caller.gid, undefined);
    inode.nlink = 0;
    return { entry: this.#entry(inode), opened: this.#opened(inode) };
  }

  read(handle: HandleId, offset: number, into: Buffer): number {
    return this.#handle(handle).content.copy(into, 0, Math.min(offset, this.#handle(handle).content.length));
  }

  write(handle: HandleId, offset: number, from: Buffer): number {
    const inode = this.#handle(handle);
    if (offset + from.length > inode.content.length) this.#resize(inode, offset + from.length);
    inode.content.set(from, offset);
    inode.mtimeNs = this.#tick();
    return from.length;
  }

  flush(): void {
    // Written at once.
  }

  release(handle: HandleId): void {
    if (!this.#handles.delete(handle)) throw new Error('released twice');
  }

  async fsync(handle: HandleId): Promise<void> {
    this.#handle(handle);
    await new Promise((resolve) => setImmediate(resolve));
  }

  fallocate(handle: HandleId, mode: number, offset: number, length: number): void {
    const inode = this.#handle(handle);
    if (mode !== 0) fail(E.EOPNOTSUPP, 'fallocate');
    if (offset + length > inode.content.length) this.#resize(inode, offset + length);
  }

  lseek(handle: HandleId, offset: number, whence: number): number {
    const { length } = this.#handle(handle).content;
    if (offset >= length) fail(E.ENXIO, 'lseek');
    return whence === 3 ? offset : length;
  }

  copyFileRange(from: HandleId, fromOffset: number, to: HandleId, toOffset: number, length: number): number {
    const bytes = this.#handle(from).content.subarray(fromOffset, fromOffset + length);
    return this.write(to, toOffset, Buffer.from(bytes));
  }

  opendir(node: NodeId): HandleId {
    return this.#opened(this.#directory(node)).handle;
  }

  readdir(handle: HandleId, offset: bigint, plus: boolean, take: (entry: DirectoryEntry) => boolean): void {
    const directory = this.#handle(handle);
    const parent = directory.parent ?? directory;
    const all: [string, Inode][] = [['.', directory], ['..', parent], ...directory.children];
    for (const [index, [name, inode]] of all.entries()) {
      if (BigInt(index) < offset) continue;
      const dots = index < 2;
      const entry = plus && !dots ? this.#entry(inode) : undefined;
      const type = (inode.mode & S_IFMT) >>> 12;
      const taken = take({
        name: Buffer.from(name, 'latin1'),
        offset: BigInt(index + 1),
        ino: inode.id,
        type,
        entry,
      });
      if (taken) continue;
      if (entry !== undefined) inode.lookups -= 1n;
      return;
    }
  }

  releasedir(handle: HandleId): void {
    this.release(handle);
  }

  async fsyncdir(handle: HandleId): Promise<void> {
    await this.fsync(handle);
  }

  getxattr(node: NodeId, name: Buffer): Buffer {
    return this.#inode(node).attributes.get(name.toString('latin1')) ?? fail(E.ENODATA, 'getxattr');
  }

  listxattr(node: NodeId): Buffer {
    return Buffer.from(
      [...this.#inode(node).attributes.keys()].map((name) => `${name}\0`).join(''),
      'latin1',
    );
  }

  setxattr(node: NodeId, name: Buffer, value: Buffer): void {
    this.#inode(node).attributes.set(name.toString('latin1'), Buffer.from(value));
  }

  removexattr(node: NodeId, name: Buffer): void {
    if (!this.#inode(node).attributes.delete(name.toString('latin1'))) fail(E.ENODATA, 'removexattr');
  }

  close(): void {
    this.closed = true;
  }

  #inode(node: NodeId): Inode {
    return this.#inodes.get(node) ?? fail(E.ESTALE, 'node');
  }

  #directory(node: NodeId): Inode {
    const inode = this.#inode(node);
    return (inode.mode & S_IFMT) === S_IFDIR ? inode : fail(E.ENOTDIR, 'node');
  }

  #handle(handle: HandleId): Inode {
    return this.#handles.get(handle) ?? fail(E.EBADF, 'handle');
  }

  #opened(inode: Inode): Opened {
    const handle = this.#nextHandle++;
    this.#handles.set(handle, inode);
    return { handle, fd: undefined, keepCache: false };
  }

  #make(mode: number, uid: number, gid: number, parent: Inode | undefined): Inode {
    const now = this.#tick();
    const id = this.#nextNode++;
    const inode: Inode = {
      id,
      mode,
      uid,
      gid,
      rdev: 0,
      nlink: (mode & S_IFMT) === S_IFDIR ? 2 : 1,
      parent,
      lookups: 0n,
      content: Buffer.of(),
      children: new Map(),
      attributes: new Map(),
      atimeNs: now,
      mtimeNs: now,
      ctimeNs: now,
    };
    this.#inodes.set(id, inode);
    return inode;
  }

  #create(parent: NodeId, name: Buffer, mode: number, caller: Caller): Inode {
    const directory = this.#directory(parent);
    if (directory.children.has(name.toString('latin1'))) fail(E.EEXIST, 'create');
    const inode = this.#make(mode, caller.uid, caller.gid, directory);
    this.#add(directory, name, inode);
    return inode;
  }

  #add(directory: Inode, name: Buffer, inode: Inode): void {
    const key = name.toString('latin1');
    if (directory.children.has(key)) fail(E.EEXIST, 'link');
    directory.children.set(key, inode);
    directory.mtimeNs = this.#tick();
  }

  #remove(directory: Inode, name: Buffer, isDirectory: boolean): void {
    const key = name.toString('latin1');
    const inode = directory.children.get(key) ?? fail(E.ENOENT, 'unlink');
    if (isDirectory !== ((inode.mode & S_IFMT) === S_IFDIR))
      fail(isDirectory ? E.ENOTDIR : E.EISDIR, 'unlink');
    if (isDirectory && inode.children.size > 0) fail(E.ENOTEMPTY, 'rmdir');
    directory.children.delete(key);
    inode.nlink -= 1;
    directory.mtimeNs = this.#tick();
  }

  #resize(inode: Inode, size: number): void {
    const grown = Buffer.alloc(size);
    inode.content.copy(grown);
    inode.content = grown;
    inode.mtimeNs = this.#tick();
  }

  #time(time: bigint | 'now'): bigint {
    return time === 'now' ? this.#tick() : time;
  }

  #tick(): bigint {
    return (this.#clock += 1n);
  }

  #entry(inode: Inode): Entry {
    inode.lookups += 1n;
    return { ...this.#fresh(inode), node: inode.id, generation: 0n, nameFor: this.#validity };
  }

  #fresh(inode: Inode): Fresh {
    const { id, mode, nlink, uid, gid, rdev, content, atimeNs, mtimeNs, ctimeNs } = inode;
    const attributes: Attributes = {
      ino: id,
      mode,
      nlink,
      uid,
      gid,
      rdev,
      size: content.length,
      blockSize: 4096,
      blocks: Math.ceil(content.length / 512),
      atimeNs,
      mtimeNs,
      ctimeNs,
      birthtimeNs: undefined,
    };
    return { attributes, attributesFor: this.#validity };
  }
}
