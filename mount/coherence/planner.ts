/**
 * From what changed to what the kernel must be told to forget. The disk is as it is to be already, so each name is
 * looked at: a name that leads elsewhere is dropped, one that leads to the same inode keeps its place (a directory
 * that is somebody's working directory must not lose its name), and what the kernel does not hold costs nothing.
 */
import type { Stat } from '../../lib/os/stat.js';
import type { Node } from '../filesystem/node.js';
import type { Notification } from '../kernel/notifications.js';
import type { Grants } from './grants.js';
import type { Ground } from './ground.js';

/** What the kernel holds. */
export interface Table {
  byInode(dev: number, ino: bigint): Node | undefined;
}

/** One set of notifications, each once. */
export class Plan {
  readonly #grants: Grants;
  readonly #ground: Ground;
  readonly #table: Table;
  readonly #inodes = new Map<Node, number>();
  readonly #entries = new Map<Node, Set<string>>();
  /** Directories whose own attributes were compared already. */
  readonly #compared = new Set<Node>();

  constructor(grants: Grants, ground: Ground, table: Table) {
    this.#grants = grants;
    this.#ground = ground;
    this.#table = table;
  }

  get notifications(): readonly Notification[] {
    const list: Notification[] = [];
    for (const [{ id: parent }, names] of this.#entries) {
      for (const name of names) {
        list.push({ kind: 'entry', parent, name: Buffer.from(name, 'latin1'), expire: false });
      }
    }
    for (const [{ id: node }, offset] of this.#inodes) {
      list.push({ kind: 'inode', node, offset, length: 0 });
    }
    return list;
  }

  /**
   * A key changed: its file, and the directories above it that were made or removed with it. Its maker waits, so
   * stamps are not asked whether it did.
   * @param root the kernel's node of the directory the path is beneath
   * @param names of the path, bytes as Latin-1; none for the root itself
   */
  path(root: Node, names: readonly string[]): void {
    let here = root;
    for (const [at, name] of names.entries()) {
      const last = at === names.length - 1;
      const child = here.children?.get(name);
      if (child === undefined) {
        this.#missing(here, name);
        this.#listing(here);
        return;
      }
      if (!this.#standsAt(here, name, child)) {
        this.#gone(here, name, child);
        for (let below: Node | undefined = child, next = at + 1; below !== undefined; next++) {
          this.attributes(below);
          below = below.children?.get(names[next] ?? '');
        }
        return;
      }
      if (last) this.#listing(here);
      else this.compare(here);
      here = child;
    }
    this.content(here);
  }

  /** Something happened to a name of a directory; stamps tell whether the kernel knows already. */
  entry(directory: Node, name: string): void {
    const child = directory.children?.get(name);
    const now = this.#ground.entry(directory, name);
    const stays = now !== undefined && child !== undefined && this.#ground.is(directory, name, now, child);
    if (now !== undefined && !stays) this.#linked(now);
    if (child === undefined) {
      // Missing is what it may be taken for.
      if (now !== undefined) this.#missing(directory, name);
    } else if (!stays) this.#gone(directory, name, child);
    else if (this.#grants.holdsStale(child, now)) this.content(child);
    else if (child.opened.length > 0 && child.isFile && this.#isOther(child, now)) this.content(child);
    this.compare(directory);
  }

  /** The kernel's attributes of a node go, when they are not so any more. */
  compare(node: Node): void {
    if (this.#compared.has(node)) return;
    this.#compared.add(node);
    if (!this.#grants.holdsAttributes(node)) return;
    const now = this.#ground.itself(node);
    if (now === undefined || this.#grants.holdsStale(node, now)) this.content(node);
  }

  /** What was read of a directory is good while its attributes are believed: without those the kernel asks anyway. */
  #listing(directory: Node): void {
    if (this.#grants.holdsAttributes(directory)) this.content(directory);
  }

  /** Attributes and content; of a directory what was read of it. */
  content(node: Node): void {
    this.#inodes.set(node, 0);
    this.#grants.taken(node);
  }

  attributes(node: Node): void {
    if (!this.#inodes.has(node)) this.#inodes.set(node, -1);
    this.#grants.taken(node);
  }

  /** Pages the kernel keeps of an open file are of another content than the file's now. */
  #isOther({ shown }: Node, now: { readonly mtimeNs: bigint; readonly size: number }): boolean {
    return shown !== undefined && (shown.mtimeNs !== now.mtimeNs || shown.size !== now.size);
  }

  #standsAt(directory: Node, name: string, child: Node): boolean {
    const now = this.#ground.entry(directory, name);
    return now !== undefined && this.#ground.is(directory, name, now, child);
  }

  /** A further name of an inode changes the inode, and only the directory of the new name tells. */
  #linked(now: Stat): void {
    const node = this.#table.byInode(now.dev, now.ino);
    if (node !== undefined && this.#grants.holdsStale(node, now)) this.attributes(node);
  }

  /** The kernel may take it for missing. */
  #missing(directory: Node, name: string): void {
    if (this.#grants.holdsName(directory, name)) this.#drop(directory, name);
  }

  #gone(directory: Node, name: string, child: Node): void {
    this.#drop(directory, name);
    this.#listing(directory);
    this.attributes(child);
  }

  #drop(directory: Node, name: string): void {
    const names = this.#entries.get(directory) ?? new Set();
    this.#entries.set(directory, names.add(name));
    this.#grants.takenName(directory, name);
  }
}
