/**
 * Where handles are opened: open_by_handle_at(2) wants a descriptor on the same mount. One directory of each mount
 * is kept open, and tried once, for a handle may be had where it cannot be opened (no privilege, an overlay).
 */
import { handleOf, openHandle } from '../../lib/os/handle.js';
import { closeFd, O, tryOpenAt } from '../../lib/os/open.js';
import { isDirectory, type Stat } from '../../lib/os/stat.js';

export interface Anchor {
  /** An open directory, on the mount. */
  readonly fd: number;
}

export class Anchors {
  /** null: handles do not open there. */
  readonly #byMount = new Map<number, Anchor | null>();
  readonly #enabled: boolean;

  constructor(enabled = true) {
    this.#enabled = enabled;
  }

  /**
   * @param stat of the entry `name` of the directory `dirFd`
   * @returns undefined where inodes are opened by their names
   */
  of(stat: Stat, dirFd: number, name: string | Buffer): Anchor | undefined {
    const mount = stat.mountId ?? stat.dev;
    const known = this.#byMount.get(mount);
    if (known !== undefined) return known ?? undefined;
    // Where a single file is mounted its directory is unknown, until some other entry tells.
    if (!this.#enabled || !isDirectory(stat)) return undefined;
    const made = anchorAt(dirFd, name);
    this.#byMount.set(mount, made ?? null);
    return made;
  }

  close(): void {
    for (const anchor of this.#byMount.values()) if (anchor !== null) closeFd(anchor.fd);
    this.#byMount.clear();
  }
}

function anchorAt(dirFd: number, name: string | Buffer): Anchor | undefined {
  const fd = tryOpenAt(dirFd, name, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return undefined;
  try {
    const handle = handleOf(fd);
    if (handle !== undefined) {
      closeFd(openHandle(fd, handle, O.PATH));
      return { fd };
    }
  } catch {
    // EPERM, EOPNOTSUPP, ESTALE: whatever it is, names do.
  }
  closeFd(fd);
  return undefined;
}
