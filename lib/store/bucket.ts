/**
 * One bucket as one thread holds it: the root opened once, everything else resolved beneath it. The handle is
 * good while the path still leads to the same directory; `buckets.ts` looks at every request.
 */
import { closeFd, O, openAt, openBeneath, openDirectory } from '../os/open.js';
import { mkdirAt } from '../os/link.js';
import { isErrno } from '../os/system-error.js';
import { type Stat, statFd, tryStatPath } from '../os/stat.js';
import type { BucketName } from '../names.js';
import type { Durability } from './durability.js';
import { RESERVED } from './layout.js';
import { type Volume, volumeOf } from './volume.js';

export interface BucketOptions {
  readonly followSymlinks: boolean;
  readonly readOnly: boolean;
  readonly durability: Durability;
  /** `--owner`: who owns what is made; otherwise the owner of the directory it appears in. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** `--umask`: modes of what is made; otherwise the process's umask. */
  readonly umask: number | undefined;
}

export class Bucket {
  readonly mapped: boolean;
  readonly options: BucketOptions;
  readonly rootFd: number;
  readonly dev: number;
  readonly ino: bigint;
  /** Milliseconds since the epoch; undefined where the filesystem does not keep it. */
  readonly born: number | undefined;
  readonly volume: Volume;
  /** When the root last changed, as it was last looked at. */
  ctimeNs: bigint;
  #name: BucketName;
  #directory: string;
  #lockFd: number | undefined;
  #closed = false;

  /** @throws SystemError when the directory cannot be opened */
  constructor(name: BucketName, directory: string, mapped: boolean, options: BucketOptions) {
    this.#name = name;
    this.#directory = directory;
    this.mapped = mapped;
    this.options = options;
    this.rootFd = openDirectory(directory);
    const stat: Stat = statFd(this.rootFd);
    this.dev = stat.dev;
    this.ino = stat.ino;
    this.born = stat.birthtimeMs;
    this.ctimeNs = stat.ctimeNs;
    this.volume = volumeOf(this.rootFd, !options.readOnly);
  }

  get name(): BucketName {
    return this.#name;
  }

  /** Absolute path of the root, for messages. */
  get directory(): string {
    return this.#directory;
  }

  /** We have just renamed it: whoever holds it holds the same bucket. */
  renamed(name: BucketName, directory: string): void {
    this.#name = name;
    this.#directory = directory;
  }

  /** Whether the path still leads here: the directory may have been deleted, moved or made again. */
  isCurrent(): boolean {
    const now = tryStatPath(this.directory);
    if (now === undefined || now.ino !== this.ino || now.dev !== this.dev) return false;
    this.ctimeNs = now.ctimeNs;
    return true;
  }

  /** The descriptor locks are taken on: one open file description per thread (fcntl_locking(2)). */
  get lockFd(): number | undefined {
    return this.#lockFd;
  }

  set lockFd(fd: number | undefined) {
    if (this.#lockFd !== undefined) closeFd(this.#lockFd);
    this.#lockFd = fd;
  }

  /**
   * Opens one of our own directories, making it when it is not there.
   * @param path below the bucket, `.bucketree/tmp`
   * @returns a descriptor the caller closes
   */
  openOwn(path: string): number {
    try {
      return openBeneath(this.rootFd, path, O.RDONLY | O.DIRECTORY);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      return ensureOwn(this.rootFd, path);
    }
  }

  /** Its descriptors are gone: who kept it must not use it. */
  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.lockFd = undefined;
    closeFd(this.rootFd);
  }
}

/**
 * One of our own directories below `from`, made as far as it is missing. Those inside the reserved one are private:
 * what is in there may be on its way to a private file.
 * @param reservedMode of `.bucketree` itself
 * @returns a descriptor the caller closes
 */
export function ensureOwn(from: number, path: string, reservedMode = 0o755): number {
  let here = openAt(from, '.', O.RDONLY | O.DIRECTORY);
  for (const name of path.split('/')) {
    try {
      mkdirAt(here, name, name === RESERVED ? reservedMode : 0o700);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const next = openAt(here, name, O.RDONLY | O.DIRECTORY);
    closeFd(here);
    here = next;
  }
  return here;
}
