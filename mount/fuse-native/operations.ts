/**
 * The operations fuse-native asks for, answered by the filesystem. Its callbacks take a negative errno first. It
 * tells neither who calls nor with which flags a file is created, and counts time in milliseconds.
 */
import { constants } from 'node:fs';
import { E, SystemError } from '../../lib/os/system-error.js';
import { errnoOf } from '../errno.js';
import type {
  Attributes,
  AttributeChange,
  Caller,
  Entry,
  Filesystem,
  Missing,
} from '../filesystem/filesystem.js';
import { PathWalk } from './path-walk.js';

export interface NativeStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly dev: number;
  readonly nlink: number;
  readonly ino: number;
  readonly rdev: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
}

type Done<T extends readonly unknown[] = []> = (errno: number, ...result: T | []) => void;

/** As fuse-native's README has them. */
export interface NativeOperations {
  getattr(path: string, done: Done<[NativeStat]>): void;
  fgetattr(path: string, fd: number, done: Done<[NativeStat]>): void;
  readdir(path: string, done: Done<[string[]]>): void;
  readlink(path: string, done: Done<[string]>): void;
  truncate(path: string, size: number, done: Done): void;
  ftruncate(path: string, fd: number, size: number, done: Done): void;
  chown(path: string, uid: number, gid: number, done: Done): void;
  chmod(path: string, mode: number, done: Done): void;
  utimens(path: string, atime: number, mtime: number, done: Done): void;
  mknod(path: string, mode: number, device: number, done: Done): void;
  mkdir(path: string, mode: number, done: Done): void;
  symlink(target: string, path: string, done: Done): void;
  link(from: string, to: string, done: Done): void;
  unlink(path: string, done: Done): void;
  rmdir(path: string, done: Done): void;
  rename(from: string, to: string, done: Done): void;
  open(path: string, flags: number, done: Done<[number]>): void;
  create(path: string, mode: number, done: Done<[number]>): void;
  read(path: string, fd: number, into: Buffer, length: number, position: number, done: Done): void;
  write(path: string, fd: number, from: Buffer, length: number, position: number, done: Done): void;
  flush(path: string, fd: number, done: Done): void;
  fsync(path: string, dataOnly: boolean, fd: number, done: Done): void;
  release(path: string, fd: number, done: Done): void;
  statfs(path: string, done: Done<[Readonly<Record<string, number>>]>): void;
  getxattr(path: string, name: string, position: number, done: Done<[Buffer]>): void;
  setxattr(path: string, name: string, value: Buffer, position: number, flags: number, done: Done): void;
  listxattr(path: string, done: Done<[string[]]>): void;
  removexattr(path: string, name: string, done: Done): void;
}

/** Its fields are 32 bits wide. */
const MOST = 0xffff_ffff;

function date(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}

function statOf(attributes: Attributes): NativeStat {
  return {
    ...attributes,
    dev: 0,
    ino: Number(attributes.ino & BigInt(MOST)),
    blksize: attributes.blockSize,
    atime: date(attributes.atimeNs),
    mtime: date(attributes.mtimeNs),
    ctime: date(attributes.ctimeNs),
  };
}

function found(entry: Entry | Missing): Entry {
  if (entry.node === undefined) throw new SystemError(E.ENOENT, 'lookup');
  return entry;
}

function capped(value: bigint): number {
  return Number(value > BigInt(MOST) ? BigInt(MOST) : value);
}

/** @param caller whom everything is done for: the library does not tell */
export function operations(filesystem: Filesystem, caller: Caller): NativeOperations {
  const walk = new PathWalk(filesystem, caller);

  const answer = <T extends readonly unknown[]>(done: Done<T>, work: Promise<T>): void => {
    work.then(
      (result) => done(0, ...result),
      (error: unknown) => done(-errnoOf(error)),
    );
  };
  const nothing = async (work: Promise<unknown>): Promise<[]> => {
    await work;
    return [];
  };
  const change = (path: string, wanted: AttributeChange): Promise<[]> =>
    nothing(walk.node(path, (node) => filesystem.setattr(node, wanted, undefined, caller)));
  const made = (path: string, make: (parent: bigint, name: Buffer) => Entry | Promise<Entry>): Promise<[]> =>
    walk.parent(path, async (parent, name) => {
      filesystem.forget((await make(parent, name)).node, 1n);
      return [];
    });
  const stat = (path: string): Promise<[NativeStat]> =>
    walk.node(path, (node) => [statOf(filesystem.getattr(node, undefined).attributes)]);

  return {
    getattr: (path, done) => answer(done, stat(path)),
    fgetattr: (path, _fd, done) => answer(done, stat(path)),
    readdir: (path, done) =>
      answer(
        done,
        walk.node(path, (node) => {
          const names: string[] = [];
          const handle = filesystem.opendir(node);
          try {
            filesystem.readdir(handle, 0n, false, ({ name }) => names.push(name.toString()) > 0);
          } finally {
            filesystem.releasedir(handle);
          }
          return [names];
        }),
      ),
    readlink: (path, done) =>
      answer(
        done,
        walk.node(path, (node) => [filesystem.readlink(node).toString()]),
      ),
    truncate: (path, size, done) => answer(done, change(path, { size })),
    ftruncate: (path, fd, size, done) =>
      answer(
        done,
        nothing(walk.node(path, (node) => filesystem.setattr(node, { size }, BigInt(fd), caller))),
      ),
    chown: (path, uid, gid, done) =>
      answer(done, change(path, { ...(uid === MOST ? {} : { uid }), ...(gid === MOST ? {} : { gid }) })),
    chmod: (path, mode, done) => answer(done, change(path, { mode: mode & 0o7777 })),
    utimens: (path, atime, mtime, done) =>
      answer(done, change(path, { atimeNs: nanoseconds(atime), mtimeNs: nanoseconds(mtime) })),
    mknod: (path, mode, device, done) =>
      answer(
        done,
        made(path, async (parent, name) => filesystem.mknod(parent, name, mode, device, 0, caller)),
      ),
    mkdir: (path, mode, done) =>
      answer(
        done,
        made(path, async (parent, name) => filesystem.mkdir(parent, name, mode, 0, caller)),
      ),
    symlink: (target, path, done) =>
      answer(
        done,
        made(path, async (parent, name) => filesystem.symlink(parent, name, Buffer.from(target), caller)),
      ),
    link: (from, to, done) =>
      answer(
        done,
        walk.node(from, (node) =>
          made(to, async (parent, name) => filesystem.link(node, parent, name, caller)),
        ),
      ),
    unlink: (path, done) =>
      answer(done, nothing(walk.parent(path, (parent, name) => filesystem.unlink(parent, name, caller)))),
    rmdir: (path, done) =>
      answer(done, nothing(walk.parent(path, (parent, name) => filesystem.rmdir(parent, name, caller)))),
    rename: (from, to, done) =>
      answer(
        done,
        nothing(
          walk.parent(from, (parent, name) =>
            walk.parent(to, (newParent, newName) =>
              filesystem.rename(parent, name, newParent, newName, 0, caller),
            ),
          ),
        ),
      ),
    open: (path, flags, done) =>
      answer(
        done,
        walk.node(path, async (node) => [Number((await filesystem.open(node, flags, false, caller)).handle)]),
      ),
    create: (path, mode, done) =>
      answer(
        done,
        walk.parent(path, async (parent, name) => {
          const flags = constants.O_RDWR | constants.O_CREAT;
          const { entry, opened } = await filesystem.create(parent, name, flags, mode, 0, caller);
          filesystem.forget(found(entry).node, 1n);
          return [Number(opened.handle)];
        }),
      ),
    // Bytes moved stand where an errno would.
    read: (_path, fd, into, length, position, done) => {
      moved(done, async () => filesystem.read(BigInt(fd), position, into.subarray(0, length)));
    },
    write: (_path, fd, from, length, position, done) => {
      moved(done, async () => filesystem.write(BigInt(fd), position, from.subarray(0, length), true, caller));
    },
    flush: (_path, fd, done) => answer(done, nothing(Promise.resolve(filesystem.flush(BigInt(fd))))),
    fsync: (_path, dataOnly, fd, done) =>
      answer(done, nothing(filesystem.fsync(BigInt(fd), Boolean(dataOnly)))),
    release: (_path, fd, done) => answer(done, nothing(Promise.resolve(filesystem.release(BigInt(fd))))),
    statfs: (path, done) =>
      answer(
        done,
        walk.node(path, (node) => {
          const said = filesystem.statfs(node);
          return [
            {
              bsize: said.blockSize,
              frsize: said.blockSize,
              blocks: capped(said.blocks),
              bfree: capped(said.free),
              bavail: capped(said.available),
              files: capped(said.files),
              ffree: capped(said.filesFree),
              favail: capped(said.filesFree),
              fsid: 0,
              flag: 0,
              namemax: said.nameMax,
            },
          ];
        }),
      ),
    getxattr: (path, name, _position, done) =>
      answer(
        done,
        walk.node(path, (node) => [filesystem.getxattr(node, Buffer.from(name), caller)]),
      ),
    setxattr: (path, name, value, _position, flags, done) => {
      // The library frees the value when it is answered.
      const kept = Buffer.from(value);
      answer(
        done,
        nothing(walk.node(path, (node) => filesystem.setxattr(node, Buffer.from(name), kept, flags, caller))),
      );
    },
    listxattr: (path, done) =>
      answer(
        done,
        walk.node(path, (node) => [
          filesystem
            .listxattr(node, caller)
            .toString()
            .split('\0')
            .filter((name) => name !== ''),
        ]),
      ),
    removexattr: (path, name, done) =>
      answer(
        done,
        nothing(walk.node(path, (node) => filesystem.removexattr(node, Buffer.from(name), caller))),
      ),
  };
}

/** From milliseconds, with what fraction they have. */
function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 1000)) * 1000n;
}

function moved(done: Done, work: () => Promise<number>): void {
  work().then(
    (count) => done(count),
    (error: unknown) => done(-errnoOf(error)),
  );
}
