/** The store as a filesystem: one mount, each call in the file that has its idea. */
import type { Bucket } from '../../lib/store/bucket.js';
import { Anchors } from './anchors.js';
import * as creating from './creating.js';
import * as data from './data.js';
import * as directories from './directories.js';
import * as attributes from './extended-attributes.js';
import * as files from './files.js';
import type {
  AttributeChange,
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
} from './filesystem.js';
import { type Freshness, ONE_SECOND } from './freshness.js';
import { Handles } from './handles.js';
import { Identity } from './identity.js';
import { becomeRoot, foundRoot, lookup, lookupNode } from './looking-up.js';
import type { Metadata } from './metadata.js';
import type { Mounted } from './mounted.js';
import { Nodes } from './nodes.js';
import { isRebuildable } from './rebuilding.js';
import * as removing from './removing.js';
import { rename } from './renaming.js';
import * as status from './status.js';
import type { Eventually } from '../../lib/store/store.js';
import type { Top } from './top.js';
import type { Shown } from '../model.js';

export interface FilesystemOptions {
  /** What the root is: all buckets by name, or one. */
  readonly root: Top | Bucket;
  readonly metadata: Metadata;
  readonly freshness?: Freshness;
  readonly readOnly?: boolean;
  readonly show?: Shown;
  /** Device numbers in an order that stays: node ids are made of them. */
  readonly devices?: readonly number[];
  /** Inodes are opened by their handles where those can be had; false: always by their names. */
  readonly handles?: boolean;
  /** Differs from that of every process that served this mount before. */
  readonly start?: number;
}

export class StoreFilesystem implements Filesystem {
  readonly flushes = false;
  readonly #mounted: Mounted;

  constructor(options: FilesystemOptions) {
    this.#mounted = mountedOf(options);
  }

  /** Whether nodes are found by their numbers: NFS can be told so. */
  get exportable(): boolean {
    const { nodes, top } = this.#mounted;
    return top === undefined && isRebuildable(nodes.root);
  }

  /** What the kernel may know. */
  get nodes(): Nodes {
    return this.#mounted.nodes;
  }

  lookup(parent: NodeId, name: Buffer): Entry | Missing {
    return lookup(this.#mounted, parent, name);
  }

  lookupNode(node: NodeId): Entry {
    return lookupNode(this.#mounted, node);
  }

  forget(node: NodeId, lookups: bigint): void {
    this.#mounted.nodes.forget(node, lookups);
  }

  child(parent: NodeId, name: Buffer): NodeId | undefined {
    const { nodes } = this.#mounted;
    const directory = nodes.tryGet(parent);
    return directory === undefined ? undefined : nodes.child(directory, name)?.id;
  }

  getattr(node: NodeId, handle: HandleId | undefined): Fresh {
    return status.getattr(this.#mounted, node, handle);
  }

  setattr(
    node: NodeId,
    change: AttributeChange,
    handle: HandleId | undefined,
    caller: Caller,
  ): Eventually<Fresh> {
    return status.setattr(this.#mounted, node, change, handle, caller);
  }

  readlink(node: NodeId): Buffer {
    return status.readlink(this.#mounted, node);
  }

  statfs(node: NodeId): Statfs {
    return status.statfs(this.#mounted, node);
  }

  mknod(
    parent: NodeId,
    name: Buffer,
    mode: number,
    rdev: number,
    umask: number,
    caller: Caller,
  ): Eventually<Entry> {
    return creating.mknod(this.#mounted, parent, name, mode, rdev, umask, caller);
  }

  mkdir(parent: NodeId, name: Buffer, mode: number, umask: number, caller: Caller): Eventually<Entry> {
    return creating.mkdir(this.#mounted, parent, name, mode, umask, caller);
  }

  symlink(parent: NodeId, name: Buffer, target: Buffer, caller: Caller): Eventually<Entry> {
    return creating.symlink(this.#mounted, parent, name, target, caller);
  }

  link(node: NodeId, parent: NodeId, name: Buffer): Eventually<Entry> {
    return creating.link(this.#mounted, node, parent, name);
  }

  unlink(parent: NodeId, name: Buffer): Eventually<void> {
    return removing.unlink(this.#mounted, parent, name);
  }

  rmdir(parent: NodeId, name: Buffer): Eventually<void> {
    return removing.rmdir(this.#mounted, parent, name);
  }

  rename(parent: NodeId, name: Buffer, newParent: NodeId, newName: Buffer, flags: number): Eventually<void> {
    return rename(this.#mounted, parent, name, newParent, newName, flags);
  }

  open(node: NodeId, flags: number, killSetId: boolean, caller: Caller): Eventually<Opened> {
    return files.open(this.#mounted, node, flags, killSetId, caller);
  }

  create(
    parent: NodeId,
    name: Buffer,
    flags: number,
    mode: number,
    umask: number,
    caller: Caller,
  ): Eventually<files.Created> {
    return files.create(this.#mounted, parent, name, flags, mode, umask, caller);
  }

  tmpfile(
    parent: NodeId,
    flags: number,
    mode: number,
    umask: number,
    caller: Caller,
  ): Eventually<files.Created> {
    return files.tmpfile(this.#mounted, parent, flags, mode, umask, caller);
  }

  read(handle: HandleId, offset: number, into: Buffer): Eventually<number> {
    return data.read(this.#mounted, handle, offset, into);
  }

  write(handle: HandleId, offset: number, from: Buffer, killSetId: boolean): Eventually<number> {
    return data.write(this.#mounted, handle, offset, from, killSetId);
  }

  /** What was written is where everybody reads it already. */
  flush(): void {}

  release(handle: HandleId): Eventually<void> {
    return files.release(this.#mounted, handle);
  }

  fsync(handle: HandleId, dataOnly: boolean): Promise<void> {
    return data.fsync(this.#mounted, handle, dataOnly);
  }

  fallocate(
    handle: HandleId,
    mode: number,
    offset: number,
    length: number,
    caller: Caller,
  ): Eventually<void> {
    return data.fallocate(this.#mounted, handle, mode, offset, length, caller);
  }

  lseek(handle: HandleId, offset: number, whence: number): number {
    return data.lseek(this.#mounted, handle, offset, whence);
  }

  copyFileRange(
    from: HandleId,
    fromOffset: number,
    to: HandleId,
    toOffset: number,
    length: number,
    caller: Caller,
  ): Eventually<number> {
    return data.copyFileRange(this.#mounted, from, fromOffset, to, toOffset, length, caller);
  }

  opendir(node: NodeId): HandleId {
    return directories.opendir(this.#mounted, node);
  }

  listingStays(node: NodeId): boolean {
    const { freshness, nodes } = this.#mounted;
    return freshness.isToldOf?.(nodes.directory(node)) ?? false;
  }

  readdir(handle: HandleId, offset: bigint, plus: boolean, take: (entry: DirectoryEntry) => boolean): void {
    directories.readdir(this.#mounted, handle, offset, plus, take);
  }

  releasedir(handle: HandleId): void {
    directories.releasedir(this.#mounted, handle);
  }

  fsyncdir(handle: HandleId): Promise<void> {
    return directories.fsyncdir(this.#mounted, handle);
  }

  getxattr(node: NodeId, name: Buffer): Buffer {
    return attributes.getxattr(this.#mounted, node, name);
  }

  listxattr(node: NodeId, caller: Caller): Buffer {
    return attributes.listxattr(this.#mounted, node, caller);
  }

  setxattr(node: NodeId, name: Buffer, value: Buffer, flags: number, caller: Caller): Eventually<void> {
    return attributes.setxattr(this.#mounted, node, name, value, flags, caller);
  }

  removexattr(node: NodeId, name: Buffer): Eventually<void> {
    return attributes.removexattr(this.#mounted, node, name);
  }

  close(): void {
    const { handles, nodes, anchors } = this.#mounted;
    handles.close();
    nodes.close();
    anchors.close();
  }
}

function mountedOf(options: FilesystemOptions): Mounted {
  const { root, metadata, freshness = ONE_SECOND, readOnly = false, show = {}, devices, start = 0 } = options;
  const anchors = new Anchors(options.handles ?? true);
  const identity = new Identity(devices);
  const handles = new Handles(start);
  const shared = { anchors, handles, metadata, freshness, readOnly, show };
  if ('names' in root) return { ...shared, top: root, nodes: new Nodes(identity, TOP) };
  const nodes = new Nodes(identity, foundRoot({ anchors }, root).found);
  becomeRoot(nodes.root, root);
  return { ...shared, top: undefined, nodes };
}

/** The level above the buckets is no inode of any disk. */
const TOP = {
  generation: 0n,
  dev: -1,
  ino: 0n,
  mode: 0o040000,
  handle: undefined,
  anchor: undefined,
};
