/**
 * What the kernel remembers of a mount, as far as coherence is about it: names, there and missing, and attributes,
 * each for as long as it was told, dropped by notifications and by its own changes. Never asks what it still knows.
 */
import { constants } from 'node:fs';
import type { Attributes, Caller, Filesystem, NodeId } from '../../../mount/filesystem/filesystem.js';
import { ROOT } from '../../../mount/filesystem/filesystem.js';
import type { Notification } from '../../../mount/kernel/notifications.js';

const CALLER: Caller = { uid: 0, gid: 0, pid: process.pid };

interface Remembered<T> {
  readonly value: T;
  readonly until: number;
}

export class RememberingKernel {
  readonly #filesystem: Filesystem;
  readonly #names = new Map<string, Remembered<NodeId | undefined>>();
  readonly #attributes = new Map<NodeId, Remembered<Attributes>>();
  readonly #generations = new Map<NodeId, bigint>();
  readonly #types = new Map<NodeId, number>();
  readonly #lookups = new Map<NodeId, bigint>();
  /** Everything it was told, in order. */
  readonly told: Notification[] = [];
  /** Questions it asked. */
  asked = 0;
  /** Notifications wait for this, as for a lock. */
  held: Promise<void> | undefined;

  constructor(filesystem: Filesystem) {
    this.#filesystem = filesystem;
  }

  /** The notifier of the mount. */
  readonly notifier = {
    send: async (notifications: readonly Notification[]): Promise<void> => {
      const slow = notifications.filter(({ kind }) => kind !== 'epoch');
      for (const notification of notifications) if (notification.kind === 'epoch') this.#names.clear();
      this.told.push(...notifications.filter(({ kind }) => kind === 'epoch'));
      await Promise.resolve();
      if (slow.length > 0) await this.held;
      for (const notification of slow) this.#drop(notification);
    },
  };

  #drop(notification: Notification): void {
    this.told.push(notification);
    if (notification.kind === 'inode') this.#attributes.delete(notification.node);
    if (notification.kind === 'entry') this.#forgetName(notification.parent, notification.name);
  }

  /** With all that is below it. */
  #forgetName(parent: NodeId, name: Buffer): void {
    const node = this.#names.get(nameOf(parent, name))?.value;
    this.#names.delete(nameOf(parent, name));
    this.#attributes.delete(parent);
    if (node !== undefined) this.#forgetBelow(node);
  }

  #forgetBelow(node: NodeId): void {
    for (const [key, { value }] of this.#names) {
      if (!key.startsWith(`${node}/`)) continue;
      this.#names.delete(key);
      if (value !== undefined) this.#forgetBelow(value);
    }
  }

  /** Memory is short: names go, and with them the lookups. */
  forget(): void {
    this.#names.clear();
    this.#attributes.clear();
    for (const [node, lookups] of this.#lookups) this.#filesystem.forget(node, lookups);
    this.#lookups.clear();
  }

  #hold(parent: NodeId, name: Buffer): NodeId | undefined {
    this.asked++;
    const found = this.#filesystem.lookup(parent, name, CALLER);
    const until = performance.now() + found.nameFor * 1000;
    this.#names.set(nameOf(parent, name), { value: found.node, until });
    if (found.node === undefined) return undefined;
    this.#lookups.set(found.node, (this.#lookups.get(found.node) ?? 0n) + 1n);
    this.#meet(found.node, found.generation);
    this.#remember(found.node, found);
    return found.node;
  }

  /** The number of an inode that is gone may be given to another. */
  #meet(node: NodeId, generation: bigint): void {
    if (this.#generations.get(node) !== generation) this.#forgetBelow(node);
    this.#generations.set(node, generation);
  }

  #remember(node: NodeId, fresh: { attributes: Attributes; attributesFor: number }): void {
    const until = performance.now() + fresh.attributesFor * 1000;
    this.#types.set(node, fresh.attributes.mode);
    this.#attributes.set(node, { value: fresh.attributes, until });
  }

  #entry(parent: NodeId, name: Buffer): NodeId | undefined {
    const known = this.#names.get(nameOf(parent, name));
    return known !== undefined && known.until > performance.now() ? known.value : this.#hold(parent, name);
  }

  /** stat(2). undefined: ENOENT, ENOTDIR */
  stat(path: string): Attributes | undefined {
    let node: NodeId = ROOT;
    for (const name of namesOf(path)) {
      if (((this.#types.get(node) ?? constants.S_IFDIR) & constants.S_IFMT) !== constants.S_IFDIR)
        return undefined;
      const next = this.#entry(node, name);
      if (next === undefined) return undefined;
      node = next;
    }
    return this.fstat(node);
  }

  /** By what is open. */
  fstat(node: NodeId): Attributes {
    const known = this.#attributes.get(node);
    if (known !== undefined && known.until > performance.now()) return known.value;
    this.asked++;
    const fresh = this.#filesystem.getattr(node, undefined);
    this.#remember(node, fresh);
    return fresh.attributes;
  }

  #parent(path: string): [NodeId, Buffer] {
    const names = namesOf(path);
    const name = names.pop() ?? Buffer.alloc(0);
    let node: NodeId = ROOT;
    for (const above of names) node = this.#entry(node, above) ?? fail(`${path}: no parent`);
    return [node, name];
  }

  async write(path: string, content: string): Promise<void> {
    const [parent, name] = this.#parent(path);
    const there = this.#entry(parent, name);
    const flags = 0o1 | 0o1000;
    if (there === undefined) {
      const made = await this.#filesystem.create(parent, name, flags | 0o100, 0o644, 0o022, CALLER);
      const { entry, opened } = made;
      this.#lookups.set(entry.node, (this.#lookups.get(entry.node) ?? 0n) + 1n);
      this.#names.set(nameOf(parent, name), {
        value: entry.node,
        until: performance.now() + entry.nameFor * 1000,
      });
      this.#remember(entry.node, entry);
      this.#attributes.delete(parent);
      await this.#store(entry.node, opened.handle, content);
    } else {
      const opened = await this.#filesystem.open(there, flags, false, CALLER);
      await this.#store(there, opened.handle, content);
    }
  }

  async #store(node: NodeId, handle: bigint, content: string): Promise<void> {
    await this.#filesystem.write(handle, 0, Buffer.from(content), false, CALLER);
    this.#attributes.delete(node);
    await this.#filesystem.flush(handle);
    await this.#filesystem.release(handle);
  }

  async unlink(path: string): Promise<void> {
    const [parent, name] = this.#parent(path);
    const node = this.#entry(parent, name);
    await this.#filesystem.unlink(parent, name, CALLER);
    this.#forgetName(parent, name);
    if (node !== undefined) this.#attributes.delete(node);
  }

  async mkdir(path: string): Promise<void> {
    const [parent, name] = this.#parent(path);
    const entry = await this.#filesystem.mkdir(parent, name, 0o755, 0o022, CALLER);
    this.#lookups.set(entry.node, (this.#lookups.get(entry.node) ?? 0n) + 1n);
    this.#forgetName(parent, name);
  }

  async rename(from: string, to: string): Promise<void> {
    const [parent, name] = this.#parent(from);
    const [newParent, newName] = this.#parent(to);
    const node = this.#entry(parent, name);
    const replaced = this.#entry(newParent, newName);
    await this.#filesystem.rename(parent, name, newParent, newName, 0, CALLER);
    this.#forgetName(parent, name);
    this.#forgetName(newParent, newName);
    if (node !== undefined) this.#attributes.delete(node);
    if (replaced !== undefined) this.#attributes.delete(replaced);
  }
}

function nameOf(parent: NodeId, name: Buffer): string {
  return `${parent}/${name.toString('latin1')}`;
}

function namesOf(path: string): Buffer[] {
  return path
    .split('/')
    .filter((name) => name !== '')
    .map((name) => Buffer.from(name));
}

function fail(message: string): never {
  throw new Error(message);
}
