/** The same calls LittleKernel makes, made by the system itself on a directory: what is right is what it does. */
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { renameAt } from '../../../lib/os/link.js';
import { closeFd, openDirectory } from '../../../lib/os/open.js';
import { mknodAt } from '../../../lib/os/special.js';

export class NativeCalls {
  readonly #root: Buffer;

  constructor(directory: string) {
    this.#root = Buffer.from(`${directory}/`);
  }

  #path(path: string): Buffer {
    return Buffer.concat([this.#root, Buffer.from(path)]);
  }

  #parent<T>(path: string, action: (fd: number, name: string) => T): T {
    const slash = path.lastIndexOf('/');
    const fd = openDirectory(this.#path(path.slice(0, slash + 1)));
    try {
      return action(fd, path.slice(slash + 1));
    } finally {
      closeFd(fd);
    }
  }

  mkdir(path: string, mode: number): void {
    mkdirSync(this.#path(path), mode);
  }

  mknod(path: string, mode: number): void {
    this.#parent(path, (fd, name) => mknodAt(fd, name, mode, 0));
  }

  symlink(target: string, path: string): void {
    symlinkSync(target, this.#path(path));
  }

  readlink(path: string): string {
    return readlinkSync(this.#path(path), 'latin1');
  }

  link(from: string, to: string): void {
    linkSync(this.#path(from), this.#path(to));
  }

  unlink(path: string): void {
    unlinkSync(this.#path(path));
  }

  rmdir(path: string): void {
    rmdirSync(this.#path(path));
  }

  rename(from: string, to: string, flags: number): void {
    this.#parent(from, (fd, name) => {
      this.#parent(to, (newFd, newName) => {
        renameAt(fd, name, newFd, newName, { noReplace: flags === 1, exchange: flags === 2 });
      });
    });
  }

  chmod(path: string, mode: number): void {
    chmodSync(this.#path(path), mode);
  }

  chown(path: string, uid: number, gid: number): void {
    chownSync(this.#path(path), uid, gid);
  }

  utimes(path: string, seconds: number): void {
    lutimesSync(this.#path(path), seconds, seconds);
  }

  truncate(path: string, size: number): void {
    truncateSync(this.#path(path), size);
  }

  /** Opens with these flags, writes, reads all of it back if it can, closes. */
  edit(path: string, flags: number, mode: number, text: string): string {
    const fd = openSync(this.#path(path), flags, mode);
    try {
      const access = flags & (constants.O_WRONLY | constants.O_RDWR);
      if (access !== constants.O_RDONLY) writeSync(fd, text, 0);
      if (access === constants.O_WRONLY) return String(fstatSync(fd).size);
      const into = Buffer.alloc(65_536);
      return into.toString('latin1', 0, readSync(fd, into, 0, into.length, 0));
    } finally {
      closeSync(fd);
    }
  }

  names(path: string): string[] {
    return readdirSync(this.#path(path), 'latin1').sort();
  }
}
