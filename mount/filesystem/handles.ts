/** Files and directories that are open. A handle's number carries the start of this process: an old one is nobody's. */
import { closeFd } from '../../lib/os/open.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { HandleId } from './filesystem.js';
import { letGo } from './letting-go.js';
import type { Listing } from './listing.js';
import type { Edit } from './metadata.js';
import type { Node } from './node.js';

export interface OpenFile {
  readonly kind: 'file';
  readonly node: Node;
  readonly fd: number;
  readonly writable: boolean;
  /** What was known of the file before it could be written through this handle. */
  readonly edit: Edit | undefined;
}

export interface OpenDirectory {
  readonly kind: 'directory';
  readonly node: Node;
  /** undefined for the top level of a store. */
  readonly fd: number | undefined;
  readonly listing: Listing;
}

export type Handle = OpenFile | OpenDirectory;

const COUNTER_BITS = 40n;

export class Handles {
  readonly #open = new Map<HandleId, Handle>();
  #next: bigint;

  /** @param start differs from that of every process that served this mount before, 24 bits */
  constructor(start: number) {
    this.#next = (BigInt(start & 0xffffff) << COUNTER_BITS) + 1n;
  }

  get size(): number {
    return this.#open.size;
  }

  add(handle: Handle): HandleId {
    const id = this.#next++;
    this.#open.set(id, handle);
    const { node, fd } = handle;
    if (fd !== undefined) node.opened.push(fd);
    if (handle.kind === 'file' && handle.writable) {
      node.writers += 1;
      node.written = true;
    }
    return id;
  }

  /** Of what is open, when it has one. */
  descriptor(id: HandleId): number | undefined {
    return this.#open.get(id)?.fd;
  }

  /** @throws SystemError EBADF */
  file(id: HandleId): OpenFile {
    const handle = this.#open.get(id);
    if (handle?.kind !== 'file') throw new SystemError(E.EBADF, 'handle');
    return handle;
  }

  /** @throws SystemError EBADF */
  directory(id: HandleId): OpenDirectory {
    const handle = this.#open.get(id);
    if (handle?.kind !== 'directory') throw new SystemError(E.EBADF, 'handle');
    return handle;
  }

  /** Closes it; a number that is nobody's is fine. */
  remove(id: HandleId): void {
    const handle = this.#open.get(id);
    if (handle === undefined) return;
    this.#open.delete(id);
    const { node, fd } = handle;
    if (handle.kind === 'file' && handle.writable) node.writers -= 1;
    if (fd === undefined) return;
    node.opened.splice(node.opened.lastIndexOf(fd), 1);
    if (node.link === undefined) letGo(fd);
    else closeFd(fd);
  }

  close(): void {
    for (const id of this.#open.keys()) this.remove(id);
  }
}
