/**
 * Walks the files below one directory in the byte order of their paths, from any point on: at each level the
 * way is a binary search in the directory's snapshot, so going on at page 900 costs what page 1 did.
 */
import { isUtf8 } from 'node:buffer';
import { closeFd, O, tryOpenAt } from '../os/open.js';
import { DT, readNames } from '../os/names.js';
import { isErrno, SystemError } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { isDirectoryObject } from './listed-object.js';
import { openDirectoryAt } from './locate.js';
import { statFd } from '../os/stat.js';
import type { Snapshots, View } from './snapshots.js';
import { sameFile } from './stamp.js';
import type { Unlisted } from './unlisted.js';

export interface Tree {
  readonly bucket: Bucket;
  readonly snapshots: Snapshots;
  /** Path of the directory in the bucket; '' is the bucket itself. */
  readonly root: string;
  /** Only paths that start with this. */
  readonly prefix: string;
  /** Longer paths are left out. Bytes. */
  readonly longest: number;
  /** Whether directories that are objects are met as `a/`. */
  readonly directories: boolean;
  /** Whether of everything below this directory (`a/`) it matters only that there is something. */
  readonly collapses: (path: string) => boolean;
  readonly report: (problem: Unlisted) => void;
}

/** What the cursor stands on. A subtree is a directory that collapses, with something in it. */
export interface Met {
  /** Below the root; `a/` for directories and subtrees. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'subtree';
  readonly name: string;
  readonly level: Level;
}

export interface Level {
  /** '' or `a/b/` */
  readonly base: string;
  readonly baseLength: number;
  readonly view: View;
  /** The name to look at next. */
  next: number;
  fd: number | undefined;
}

const SLASH = 0x2f;
/** Directories held open at once; those further up are opened again when the walk comes back to them. */
const OPEN_LEVELS = 32;
/** So many names are looked at for a file before a directory is taken to hold none but directories. */
const PROBED_NAMES = 64;

export class TreeCursor {
  readonly #tree: Tree;
  readonly #levels: Level[] = [];
  #met: Met | undefined;

  /** Stands before everything: `seek` comes first. The caller closes. */
  constructor(tree: Tree) {
    this.#tree = tree;
  }

  /** undefined: the end. */
  get met(): Met | undefined {
    return this.#met;
  }

  /** To the first path at or behind `bound`, which is behind everything met so far. */
  seek(bound: Buffer): void {
    if (this.#levels.length === 0 && !this.#open('', '')) return;
    while (this.#levels.length > 1 && !this.#isOnTheWay(bound)) this.#leave();
    while (this.#descend(bound));
    this.#settle();
  }

  advance(): void {
    this.#settle();
  }

  /** The directory of what was met, open. undefined: it has gone. */
  directory(level: Level): number | undefined {
    level.fd ??= openDirectoryAt(this.#tree.bucket, this.#pathOf(level.base));
    return level.fd;
  }

  close(): void {
    while (this.#levels.length > 0) this.#leave();
    this.#met = undefined;
  }

  get #top(): Level | undefined {
    return this.#levels.at(-1);
  }

  /** Everything at or behind `bound` may still be below the level on top. */
  #isOnTheWay(bound: Buffer): boolean {
    const top = this.#top;
    if (top === undefined) return false;
    const base = Buffer.from(top.base);
    return bound.length > base.length && bound.compare(base, 0, base.length, 0, base.length) === 0;
  }

  /** Moves the top level to `bound`. @returns true when the way goes on in a directory, which is on top now */
  #descend(bound: Buffer): boolean {
    const level = this.#top;
    if (level === undefined) return false;
    const rest = bound.subarray(level.baseLength);
    const slash = rest.indexOf(SLASH);
    const { snapshot } = level.view;
    const step = slash === -1 ? rest : rest.subarray(0, slash + 1);
    level.next = snapshot.lowerBound(step, level.next);
    if (slash === -1 || slash === rest.length - 1 || !snapshot.is(level.next, step)) return false;
    return this.#enter(level, snapshot.name(level.next++));
  }

  /** On to the next path that counts, from the top level's `next`. */
  #settle(): void {
    this.#met = undefined;
    for (let level = this.#top; level !== undefined; level = this.#top) {
      const { snapshot } = level.view;
      if (level.next >= snapshot.count) {
        this.#leave();
        continue;
      }
      const at = level.next++;
      const name = snapshot.name(at);
      const path = level.base + name;
      if (!path.startsWith(this.#tree.prefix)) return this.close();
      if (level.baseLength + snapshot.length(at) > this.#tree.longest) {
        this.#report('too-long', level.base, 1);
      } else if (!snapshot.isDirectory(at)) {
        this.#met = { path, kind: 'file', name, level };
        return;
      } else if (this.#meetDirectory(level, name, path)) {
        return;
      }
    }
  }

  #meetDirectory(level: Level, name: string, path: string): boolean {
    if (this.#tree.collapses(path) && this.#holdsFile(level, name)) {
      this.#met = { path, kind: 'subtree', name, level };
      return true;
    }
    if (!this.#enter(level, name) || !this.#tree.directories) return false;
    const own = this.#top;
    const fd = own === undefined ? undefined : this.directory(own);
    if (own === undefined || fd === undefined) return false;
    const record = own.view.record(fd, path);
    if (!isDirectoryObject(record, own.view.snapshot.empty)) return false;
    // Removed since it was opened: then its record, which said that it does not list, may be gone as well.
    if (record === undefined && statFd(fd).nlink === 0) return false;
    this.#met = { path, kind: 'directory', name, level: own };
    return true;
  }

  /** A look at the first names, so that a directory of a million files is not sorted to learn that it has one. */
  #holdsFile(level: Level, name: string): boolean {
    const fd = this.#tryOpen(level, name);
    if (fd === undefined) return false;
    try {
      let found = false;
      let looked = 0;
      readNames(fd, (chunk, start, end, type) => {
        found =
          type === DT.REG &&
          isUtf8(chunk.subarray(start, end)) &&
          level.baseLength + name.length * 3 + 1 + end - start <= this.#tree.longest;
        return !found && ++looked < PROBED_NAMES;
      });
      return found;
    } finally {
      closeFd(fd);
    }
  }

  #enter(level: Level, name: string): boolean {
    const fd = this.#tryOpen(level, name);
    return fd !== undefined && this.#push(fd, level.base + name);
  }

  #open(base: string, name: string): boolean {
    const path = this.#pathOf(base + name);
    const fd = this.#guard(base + name, () => openDirectoryAt(this.#tree.bucket, path));
    return fd !== undefined && this.#push(fd, base + name);
  }

  #push(fd: number, base: string): boolean {
    const { bucket, snapshots } = this.#tree;
    const view = this.#guard(base, () => snapshots.view(bucket, fd, this.#pathOf(base)));
    // A link back up: what is below was met already.
    if (view === undefined || this.#levels.some((above) => sameFile(above.view.stat, view.stat))) {
      closeFd(fd);
      return false;
    }
    if (view.snapshot.unnameable > 0) this.#report('unnameable', base, view.snapshot.unnameable);
    this.#levels.push({ base, baseLength: Buffer.byteLength(base), view, next: 0, fd });
    const far = this.#levels.at(-1 - OPEN_LEVELS);
    if (far?.fd !== undefined) closeFd(far.fd);
    if (far !== undefined) far.fd = undefined;
    return true;
  }

  #tryOpen(level: Level, name: string): number | undefined {
    const { bucket } = this.#tree;
    const path = level.base + name;
    if (bucket.options.followSymlinks) {
      return this.#guard(path, () => openDirectoryAt(bucket, this.#pathOf(path)));
    }
    const parent = this.#guard(level.base, () => this.directory(level));
    if (parent === undefined) return undefined;
    const fd = tryOpenAt(parent, name.slice(0, -1), O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
    if (fd >= 0) return fd;
    return this.#guard(path, () => {
      throw new SystemError(-fd, 'openat');
    });
  }

  /** What has gone meanwhile is not there; what we may not read is reported. */
  #guard<T>(base: string, open: () => T | undefined): T | undefined {
    try {
      return open();
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE')) return undefined;
      if (!isErrno(error, 'EACCES', 'EPERM', 'AccessDenied')) throw error;
      this.#report('unreadable', base, 1);
      return undefined;
    }
  }

  #leave(): void {
    const level = this.#levels.pop();
    if (level?.fd !== undefined) closeFd(level.fd);
  }

  /** In the bucket. @param base `a/b/` below the root */
  #pathOf(base: string): string {
    const below = base.endsWith('/') ? base.slice(0, -1) : base;
    if (this.#tree.root === '') return below;
    return below === '' ? this.#tree.root : `${this.#tree.root}/${below}`;
  }

  #report(why: Unlisted['why'], base: string, count: number): void {
    this.#tree.report({ directory: this.#pathOf(base), why, count });
  }
}
