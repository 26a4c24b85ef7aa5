/**
 * The inodes the kernel may know, by id and by name. `children` is what it holds, not what is on the disk: it
 * answers "does the kernel hold this name". A rename moves one entry, however much is below it.
 */
import { isUtf8 } from 'node:buffer';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { type NodeId, ROOT } from './filesystem.js';
import type { Identity } from './identity.js';
import { letGo } from './letting-go.js';
import { type Inode, Node } from './node.js';

export type NodeListener = (node: Node) => void;

/** An inode as it was found on the disk. */
export type Found = Omit<Inode, 'id'>;

/** Each takes about a hundred bytes. */
const MOST_FORMER = 50_000;

export class Nodes {
  readonly root: Node;
  readonly identity: Identity;
  readonly #byId = new Map<NodeId, Node>();
  readonly #held: NodeListener[] = [];
  readonly #forgotten: NodeListener[] = [];
  /** Generations of files that were handed out and are forgotten, the oldest first. */
  readonly #former = new Map<NodeId, bigint>();

  constructor(identity: Identity, root: Found) {
    this.identity = identity;
    this.root = new Node({ ...root, id: ROOT });
    this.root.lookups = 1;
    this.#byId.set(ROOT, this.root);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Calls back when the kernel comes to know a directory. */
  onHold(listener: NodeListener): void {
    this.#held.push(listener);
  }

  /** Calls back when the kernel has forgotten a directory. */
  onForget(listener: NodeListener): void {
    this.#forgotten.push(listener);
  }

  tryGet(id: NodeId): Node | undefined {
    return this.#byId.get(id);
  }

  /** @throws SystemError ESTALE */
  get(id: NodeId): Node {
    const node = this.#byId.get(id);
    if (node === undefined) throw new SystemError(E.ESTALE, 'node');
    return node;
  }

  /** The directory. @throws SystemError ESTALE, ENOTDIR */
  directory(id: NodeId): Node {
    const node = this.get(id);
    if (!node.isDirectory) throw new SystemError(E.ENOTDIR, 'node');
    return node;
  }

  /** The node of an inode, when the kernel may know it. */
  byInode(dev: number, ino: bigint): Node | undefined {
    if (this.root.dev === dev && this.root.ino === ino) return this.root;
    const node = this.#byId.get(this.identity.idOf(dev, ino));
    return node?.dev === dev && node.ino === ino ? node : undefined;
  }

  /** The root of the bucket that is this directory, when the kernel may know it. */
  rootOf(dev: number, ino: bigint): Node | undefined {
    const node = this.byInode(dev, ino);
    return node?.bucket === undefined ? undefined : node;
  }

  /** What the kernel may hold under a name. */
  child(parent: Node, name: Buffer | string): Node | undefined {
    return parent.children?.get(typeof name === 'string' ? name : name.toString('latin1'));
  }

  /** Hands a node out: one more lookup the kernel gives back. Without a parent it has no name (O_TMPFILE). */
  hold(parent: Node | undefined, name: string, found: Found): Node {
    const node = this.#nodeOf(found);
    node.lookups += 1;
    if (parent !== undefined) this.#tie(parent, name, node);
    return node;
  }

  #nodeOf(found: Found): Node {
    if (this.root.dev === found.dev && this.root.ino === found.ino) return this.root;
    const id = this.identity.idOf(found.dev, found.ino);
    const known = this.#byId.get(id);
    if (known !== undefined && known.generation === found.generation) return known;
    const node = new Node({ ...found, id });
    if (known !== undefined) {
      // The number was given to another inode. The kernel counts lookups by number, so they are this one's now.
      node.lookups = known.lookups;
      this.#letGo(known);
    }
    this.#byId.set(id, node);
    if (node.isDirectory) for (const listener of this.#held) listener(node);
    return node;
  }

  #tie(parent: Node, name: string, node: Node): void {
    const before = parent.children?.get(name);
    if (before === node) return;
    if (before !== undefined) this.#untie(before, parent, name);
    // The kernel has one place for a directory, and moves it there.
    if (node.isDirectory) this.#place(parent, node);
    parent.children?.set(name, node);
    node.links.push({ parent, name });
  }

  /** Nothing is above itself, even when others moved directories on the disk one into the other. */
  #place(parent: Node, node: Node): void {
    this.#untieAll(node);
    for (let at: Node | undefined = parent; at !== undefined; at = at.link?.parent) {
      if (at.link?.parent === node) this.#untie(at, node, at.link.name);
    }
  }

  #untie(node: Node, parent: Node, name: string): void {
    const at = node.links.findIndex((link) => link.parent === parent && link.name === name);
    if (at === -1) return;
    if (node.links.length === 1) node.home = this.bucketOf(node);
    node.links.splice(at, 1);
    if (parent.children?.get(name) === node) parent.children.delete(name);
    this.#settle(parent);
  }

  #untieAll(node: Node): void {
    while (node.link !== undefined) this.#untie(node, node.link.parent, node.link.name);
  }

  /** The name leads nowhere any more. @returns what the kernel held under it */
  drop(parent: Node, name: string): Node | undefined {
    const node = parent.children?.get(name);
    if (node !== undefined) this.#untie(node, parent, name);
    return node;
  }

  /** rename(2) as the kernel does it to what it holds: what was at the new name is gone from there. */
  move(parent: Node, name: string, newParent: Node, newName: string): void {
    const node = parent.children?.get(name);
    if (node === undefined) {
      this.drop(newParent, newName);
      return;
    }
    this.#untie(node, parent, name);
    this.#tie(newParent, newName, node);
  }

  exchange(parent: Node, name: string, newParent: Node, newName: string): void {
    const one = this.drop(parent, name);
    const other = this.drop(newParent, newName);
    if (one !== undefined) this.#tie(newParent, newName, one);
    if (other !== undefined) this.#tie(parent, name, other);
  }

  forget(id: NodeId, lookups: bigint): void {
    const node = this.#byId.get(id);
    if (node === undefined || node === this.root) return;
    node.lookups = Math.max(0, node.lookups - Number(lookups));
    if (node.lookups === 0) this.#settle(node);
  }

  /** Forgets a node that neither the kernel nor a node below it needs. */
  #settle(node: Node): void {
    if (node.lookups > 0 || node === this.root || (node.children?.size ?? 0) > 0) return;
    if (this.#byId.get(node.id) !== node) return;
    this.#byId.delete(node.id);
    if (node.isFile) this.#remember(node);
    this.#letGo(node);
  }

  #remember({ id, generation }: Node): void {
    this.#former.delete(id);
    this.#former.set(id, generation);
    if (this.#former.size <= MOST_FORMER) return;
    const [oldest] = this.#former.keys();
    if (oldest !== undefined) this.#former.delete(oldest);
  }

  /** Whether a file was handed out before, and not too many since. */
  wasHeld(id: NodeId, generation: bigint): boolean {
    return this.#former.get(id) === generation;
  }

  #letGo(node: Node): void {
    if (node.isDirectory) for (const listener of this.#forgotten) listener(node);
    this.#untieAll(node);
    releasePin(node);
  }

  /** The bucket a node is in, or was when it lost its last name; undefined for the top level of a store. */
  bucketOf(node: Node): Bucket | undefined {
    for (let at = node; ;) {
      if (at.bucket !== undefined) return at.bucket;
      if (at.link === undefined) return at.home;
      at = at.link.parent;
    }
  }

  /** The names that lead from the bucket's root to the node; undefined when it has none any more. */
  pathOf(node: Node): string[] | undefined {
    const names: string[] = [];
    for (let at = node; at.bucket === undefined;) {
      const { link } = at;
      if (link === undefined) return undefined;
      names.push(link.name);
      at = link.parent;
    }
    return names.reverse();
  }

  /**
   * The path in its bucket, without a slash at the end: of the node, or of an entry of it.
   * @returns undefined when it is not UTF-8 (no key says it), or the node has no name any more
   */
  keyOf(node: Node, name?: Buffer): string | undefined {
    const names = this.pathOf(node);
    if (names === undefined) return undefined;
    if (name !== undefined) names.push(name.toString('latin1'));
    const bytes = Buffer.from(names.join('/'), 'latin1');
    return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  }

  /** Closes every descriptor. */
  close(): void {
    for (const node of this.#byId.values()) releasePin(node);
    this.#byId.clear();
  }
}

function releasePin(node: Node): void {
  const { pin } = node;
  if (pin === undefined) return;
  node.pin = undefined;
  letGo(pin);
}
