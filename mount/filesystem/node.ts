/**
 * One inode the kernel may know, and the names it may hold for it. A node holds no descriptor: there are as many
 * as the kernel cares to remember. Two kinds do: the root of a bucket, and what lost its last name while in use.
 */
import { constants } from 'node:fs';
import type { FileHandle } from '../../lib/os/handle.js';
import type { Bucket } from '../../lib/store/bucket.js';
import type { Anchor } from './anchors.js';
import type { NodeId } from './filesystem.js';

/** A name as the kernel may hold it: bytes as Latin-1. */
export interface Link {
  readonly parent: Node;
  readonly name: string;
}

/** What is to be known of an inode before it is a node. */
export interface Inode {
  readonly id: NodeId;
  readonly generation: bigint;
  readonly dev: number;
  readonly ino: bigint;
  /** File type; permission bits are ignored. */
  readonly mode: number;
  readonly handle: FileHandle | undefined;
  readonly anchor: Anchor | undefined;
}

export class Node {
  readonly id: NodeId;
  readonly generation: bigint;
  readonly dev: number;
  readonly ino: bigint;
  /** S_IFMT of the mode. */
  readonly type: number;
  readonly handle: FileHandle | undefined;
  readonly anchor: Anchor | undefined;
  /** Names the kernel may hold; the last is the one seen last. */
  readonly links: Link[] = [];
  /** Of a directory: what the kernel may hold in it, by name. */
  readonly children: Map<string, Node> | undefined;
  /** Lookups the kernel has not given back. */
  lookups = 0;
  /** Descriptors of files open through this mount, the last opened last. */
  readonly opened: number[] = [];
  /** How many of those may be written through. */
  writers = 0;
  /** It was open for writing, and may still be mapped so. Whoever has made sure it is not clears this. */
  written = false;
  /** What the kernel was told last. */
  shown: { readonly mtimeNs: bigint; readonly size: number } | undefined;
  /** The bucket this is the root of. */
  bucket: Bucket | undefined;
  /** The bucket it was in when it lost its last name. */
  home: Bucket | undefined;
  /** A descriptor of the inode, ours to close when the node goes. */
  pin: number | undefined;

  constructor(inode: Inode) {
    this.id = inode.id;
    this.generation = inode.generation;
    this.dev = inode.dev;
    this.ino = inode.ino;
    this.type = inode.mode & constants.S_IFMT;
    this.handle = inode.handle;
    this.anchor = inode.anchor;
    this.children = this.type === constants.S_IFDIR ? new Map() : undefined;
  }

  get isDirectory(): boolean {
    return this.children !== undefined;
  }

  get isFile(): boolean {
    return this.type === constants.S_IFREG;
  }

  /** Where it was seen last; undefined for the root and for what has no name any more. */
  get link(): Link | undefined {
    return this.links[this.links.length - 1];
  }
}
