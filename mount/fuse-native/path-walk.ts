/**
 * The filesystem asked by paths, as libfuse's high-level interface does: every path is looked up from the root,
 * name by name, and given back when the call is over. An open handle keeps what it needs by itself.
 */
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Eventually } from '../../lib/store/store.js';
import { type Caller, type Filesystem, type NodeId, ROOT } from '../filesystem/filesystem.js';

export class PathWalk {
  readonly #filesystem: Filesystem;
  readonly #caller: Caller;

  constructor(filesystem: Filesystem, caller: Caller) {
    this.#filesystem = filesystem;
    this.#caller = caller;
  }

  /** @throws SystemError ENOENT, ENOTDIR … from the walk, and whatever `use` throws */
  async node<T>(path: string, use: (node: NodeId) => Eventually<T>): Promise<T> {
    const held: NodeId[] = [];
    try {
      let node = ROOT;
      for (const name of segments(path)) {
        node = this.#step(node, name);
        held.push(node);
      }
      return await use(node);
    } finally {
      for (const node of held) this.#filesystem.forget(node, 1n);
    }
  }

  /** As `node`, of the directory the path's last name stands in, whether or not that name is there. */
  async parent<T>(path: string, use: (parent: NodeId, name: Buffer) => Eventually<T>): Promise<T> {
    const names = segments(path);
    const name = names.pop();
    if (name === undefined) throw new SystemError(E.EBUSY, 'open');
    return this.node(names.join('/'), (parent) => use(parent, Buffer.from(name)));
  }

  #step(parent: NodeId, name: string): NodeId {
    const { node } = this.#filesystem.lookup(parent, Buffer.from(name), this.#caller);
    if (node === undefined) throw new SystemError(E.ENOENT, 'lookup');
    return node;
  }
}

function segments(path: string): string[] {
  return path.split('/').filter((name) => name !== '');
}
