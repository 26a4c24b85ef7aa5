/**
 * What the kernel does in front of a filesystem, as far as it takes to make system calls by path: it looks names up
 * one by one, holds what it was given, opens files, and forgets.
 */
import { constants } from 'node:fs';
import { E, SystemError } from '../../../lib/os/system-error.js';
import type { Eventually } from '../../../lib/store/store.js';
import {
  type AttributeChange,
  type Attributes,
  type Caller,
  type DirectoryEntry,
  type Entry,
  type Filesystem,
  type HandleId,
  type NodeId,
  ROOT,
} from '../../../mount/filesystem/filesystem.js';

export const ROOT_USER: Caller = { uid: 0, gid: 0, pid: process.pid };

export interface OpenFile {
  readonly node: NodeId;
  readonly handle: HandleId;
}

type Path = string | Buffer;

export class LittleKernel {
  readonly filesystem: Filesystem;
  caller: Caller = ROOT_USER;
  umask = 0o022;
  readonly #lookups = new Map<NodeId, bigint>();

  constructor(filesystem: Filesystem) {
    this.filesystem = filesystem;
  }

  /** Lookups handed out and not given back. */
  get held(): number {
    return this.#lookups.size;
  }

  #hold(entry: Entry): Entry {
    this.#lookups.set(entry.node, (this.#lookups.get(entry.node) ?? 0n) + 1n);
    return entry;
  }

  forgetAll(): void {
    for (const [node, lookups] of this.#lookups) this.filesystem.forget(node, lookups);
    this.#lookups.clear();
  }

  /** @throws SystemError ENOENT, ENOTDIR */
  lookup(path: Path): NodeId {
    let node = ROOT;
    for (const name of namesOf(path)) node = this.#entry(node, name).node;
    return node;
  }

  #entry(parent: NodeId, name: Buffer): Entry {
    const found = this.filesystem.lookup(parent, name, this.caller);
    if (found.node === undefined) throw new SystemError(E.ENOENT, 'lookup');
    return this.#hold(found);
  }

  parent(path: Path): [NodeId, Buffer] {
    const names = namesOf(path);
    const name = names.pop() ?? Buffer.alloc(0);
    let node = ROOT;
    let mode: number = constants.S_IFDIR;
    for (const above of names) {
      const entry = this.#entry(node, above);
      node = entry.node;
      mode = entry.attributes.mode & constants.S_IFMT;
    }
    if (mode !== constants.S_IFDIR) throw new SystemError(E.ENOTDIR, 'lookup');
    return [node, name];
  }

  stat(path: Path): Attributes {
    return this.filesystem.getattr(this.lookup(path), undefined).attributes;
  }

  fstat({ node, handle }: OpenFile): Attributes {
    return this.filesystem.getattr(node, handle).attributes;
  }

  async setattr(path: Path, change: AttributeChange): Promise<Attributes> {
    return (await this.filesystem.setattr(this.lookup(path), change, undefined, this.caller)).attributes;
  }

  async mkdir(path: Path, mode = 0o777): Promise<void> {
    const [parent, name] = this.parent(path);
    this.#hold(await this.filesystem.mkdir(parent, name, mode, this.umask, this.caller));
  }

  async mknod(path: Path, mode: number, rdev = 0): Promise<void> {
    const [parent, name] = this.parent(path);
    this.#hold(await this.filesystem.mknod(parent, name, mode, rdev, this.umask, this.caller));
  }

  async symlink(target: Path, path: Path): Promise<void> {
    const [parent, name] = this.parent(path);
    this.#hold(await this.filesystem.symlink(parent, name, Buffer.from(target), this.caller));
  }

  readlink(path: Path): string {
    return this.filesystem.readlink(this.lookup(path)).toString('latin1');
  }

  async link(from: Path, to: Path): Promise<void> {
    const node = this.lookup(from);
    const [parent, name] = this.parent(to);
    this.#hold(await this.filesystem.link(node, parent, name, this.caller));
  }

  async unlink(path: Path): Promise<void> {
    const [parent, name] = this.parent(path);
    this.#entry(parent, name);
    await this.filesystem.unlink(parent, name, this.caller);
  }

  async rmdir(path: Path): Promise<void> {
    const [parent, name] = this.parent(path);
    this.#entry(parent, name);
    await this.filesystem.rmdir(parent, name, this.caller);
  }

  async rename(from: Path, to: Path, flags = 0): Promise<void> {
    const [parent, name] = this.parent(from);
    const [newParent, newName] = this.parent(to);
    this.#entry(parent, name);
    const there = this.filesystem.lookup(newParent, newName, this.caller);
    if (there.node !== undefined) this.#hold(there);
    await this.filesystem.rename(parent, name, newParent, newName, flags, this.caller);
  }

  async open(path: Path, flags: number, mode = 0o666): Promise<OpenFile> {
    const [parent, name] = this.parent(path);
    const there = this.filesystem.lookup(parent, name, this.caller);
    if (there.node === undefined || (flags & constants.O_EXCL) !== 0) {
      if (there.node !== undefined) this.#hold(there);
      if ((flags & constants.O_CREAT) === 0) throw new SystemError(E.ENOENT, 'open');
      const { entry, opened } = await this.filesystem.create(
        parent,
        name,
        flags,
        mode,
        this.umask,
        this.caller,
      );
      this.#hold(entry);
      return { node: entry.node, handle: opened.handle };
    }
    this.#hold(there);
    const { handle } = await this.filesystem.open(there.node, flags, false, this.caller);
    return { node: there.node, handle };
  }

  async tmpfile(path: Path, flags: number, mode = 0o666): Promise<OpenFile> {
    const node = this.lookup(path);
    const { entry, opened } = await this.filesystem.tmpfile(node, flags, mode, this.umask, this.caller);
    this.#hold(entry);
    return { node: entry.node, handle: opened.handle };
  }

  async write({ handle }: OpenFile, text: string | Buffer, offset = 0): Promise<number> {
    return this.filesystem.write(handle, offset, Buffer.from(text), false, this.caller);
  }

  async read({ handle }: OpenFile, offset = 0, length = 65_536): Promise<Buffer> {
    const into = Buffer.alloc(length);
    return into.subarray(0, await this.filesystem.read(handle, offset, into));
  }

  async close({ handle }: OpenFile): Promise<void> {
    await this.filesystem.flush(handle);
    await this.filesystem.release(handle);
  }

  async put(path: Path, text: string | Buffer): Promise<void> {
    const file = await this.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC);
    try {
      await this.write(file, text);
    } finally {
      await this.close(file);
    }
  }

  async content(path: Path): Promise<Buffer> {
    const file = await this.open(path, constants.O_RDONLY);
    try {
      return await this.read(file);
    } finally {
      await this.close(file);
    }
  }

  /** Names, with what `plus` says of each. `.` and `..` are left out. */
  entries(path: Path, plus = false, each = 1000): DirectoryEntry[] {
    const handle = this.filesystem.opendir(this.lookup(path));
    const found: DirectoryEntry[] = [];
    try {
      for (let offset = 0n, more = true; more;) {
        let taken = 0;
        this.filesystem.readdir(handle, offset, plus, (entry) => {
          if (taken === each) return false;
          taken += 1;
          offset = entry.offset;
          const name = Buffer.from(entry.name);
          if (entry.entry !== undefined) this.#hold(entry.entry);
          if (!['.', '..'].includes(name.toString())) found.push({ ...entry, name });
          return true;
        });
        more = taken > 0;
      }
    } finally {
      this.filesystem.releasedir(handle);
    }
    return found;
  }

  names(path: Path): string[] {
    return this.entries(path)
      .map(({ name }) => name.toString('latin1'))
      .sort();
  }
}

function namesOf(path: Path): Buffer[] {
  return Buffer.from(path)
    .toString('latin1')
    .split('/')
    .filter((name) => name !== '')
    .map((name) => Buffer.from(name, 'latin1'));
}

/** The errno's name a call fails with; what it returns, when it does not fail. */
export async function outcome<T>(call: () => Eventually<T>): Promise<T | string> {
  try {
    return await call();
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
    throw error;
  }
}
