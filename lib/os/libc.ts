/**
 * The C library, and the only file that imports koffi. Loaded on first use, per thread; glibc and musl.
 * Calls both libraries export are taken as symbols; openat2, renameat2, getdents64, copy_file_range and
 * getxattrat go through syscall(2), whose numbers are in arch/x86/entry/syscalls and include/uapi/asm-generic/unistd.h.
 * Every function returns what C returns: -1 means "read errno() now, before any other call".
 */
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type * as Koffi from 'koffi';
import type { CString } from './c-string.js';
import { E, SystemError } from './system-error.js';

type Memory = NodeJS.ArrayBufferView;

/** Numbers in, numbers out; `Memory` is passed by address and may be written by the call. */
export interface Libc {
  errno(): number;
  openat(dirFd: number, path: CString, flags: number, mode: number): number;
  openat2(dirFd: number, path: CString, how: Memory, size: number): number;
  close(fd: number): number;
  read(fd: number, to: Memory, length: number): number;
  pread(fd: number, to: Memory, length: number, position: number): number;
  pwrite(fd: number, from: Memory, length: number, position: number): number;
  lseek(fd: number, offset: number, whence: number): number;
  ftruncate(fd: number, size: number): number;
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  fsync(fd: number): number;
  /** On libuv's pool; `done` is called on this thread. */
  syncFileRangeLater(fd: number, offset: number, length: number, flags: number, done: () => void): void;
  statx(dirFd: number, path: CString, flags: number, mask: number, out: Memory): number;
  fstatfs(fd: number, out: Memory): number;
  getdents64(fd: number, out: Memory, size: number): number;
  readlinkat(dirFd: number, path: CString, out: Memory, size: number): number;
  linkat(oldDir: number, oldPath: CString, newDir: number, newPath: CString, flags: number): number;
  symlinkat(target: CString, dirFd: number, path: CString): number;
  renameat(oldDir: number, oldPath: CString, newDir: number, newPath: CString): number;
  renameat2(oldDir: number, oldPath: CString, newDir: number, newPath: CString, flags: number): number;
  unlinkat(dirFd: number, path: CString, flags: number): number;
  mkdirat(dirFd: number, path: CString, mode: number): number;
  fgetxattr(fd: number, name: CString, out: Memory, size: number): number;
  lgetxattr(path: CString, name: CString, out: Memory, size: number): number;
  /** `args` is a struct xattr_args. ENOSYS before Linux 6.13. */
  getxattrat(dirFd: number, path: CString, flags: number, name: CString, args: Memory, size: number): number;
  fsetxattr(fd: number, name: CString, value: Memory, size: number, flags: number): number;
  fremovexattr(fd: number, name: CString): number;
  flistxattr(fd: number, out: Memory, size: number): number;
  futimens(fd: number, times: Memory): number;
  clockGettime(clock: number, out: Memory): number;
  fchown(fd: number, uid: number, gid: number): number;
  fchmod(fd: number, mode: number): number;
  /** fcntl with an integer argument, and with a struct flock. */
  fcntl(fd: number, command: number, argument: number): number;
  fcntlLock(fd: number, command: number, lock: Memory): number;
  /** ioctl with an integer argument, and with memory. */
  ioctl(fd: number, request: number, argument: number): number;
  ioctlMemory(fd: number, request: number, memory: Memory): number;
  copyFileRange(from: number, fromOffset: Memory, to: number, toOffset: Memory, length: number): number;
  memcpy(to: Memory, from: Memory, length: number): void;
  inotifyInit(flags: number): number;
  inotifyAdd(fd: number, path: CString, mask: number): number;
  inotifyRemove(fd: number, watch: number): number;
  /** signal(2) with SIG_DFL (0) or SIG_IGN (1). Returns the former handler's address, or -1. */
  signal(signal: number, disposition: 0 | 1): number;
  /** Calls back on this thread's event loop whenever `fd` has something to read. Never keeps a process alive. */
  onReadable(fd: number, callback: () => void): { close(): void };
}

/** Declares one C function: its name, what it returns, what it takes. Other modules' calls, see `declared`. */
export type Declare = <T>(name: string, result: string, ...types: readonly string[]) => T;

interface CallNumbers {
  readonly openat2: number;
  readonly getdents64: number;
  readonly renameat2: number;
  readonly statx: number;
  readonly copyFileRange: number;
}

const GENERIC: CallNumbers = { openat2: 437, getdents64: 61, renameat2: 276, statx: 291, copyFileRange: 285 };
/** The same everywhere, as all numbers since 424 are. */
const GETXATTRAT = 464;
const CALL_NUMBERS: Readonly<Record<string, CallNumbers>> = {
  x64: { openat2: 437, getdents64: 217, renameat2: 316, statx: 332, copyFileRange: 326 },
  arm64: GENERIC,
  riscv64: GENERIC,
  loong64: GENERIC,
};

/** `null` is the process itself, whose libc is already mapped under whatever name the system gave it. */
const LIBRARIES = ['libc.so.6', `libc.musl-${muslMachine(process.arch)}.so.1`, 'libc.so', null];

const NEEDED = 'Linux on x64, arm64, riscv64 or loong64 with glibc or musl';

function muslMachine(arch: string): string {
  return { x64: 'x86_64', arm64: 'aarch64', loong64: 'loongarch64' }[arch] ?? arch;
}

function refusal(why: string): SystemError {
  return new SystemError(E.ENOSYS, 'dlopen', `Files can be served on ${NEEDED}; ${why}.`);
}

/**
 * Why this machine cannot run the store, as a sentence; undefined when it can.
 * Arguments exist for tests.
 */
export function unsupported(
  platform: string = process.platform,
  arch: string = process.arch,
): string | undefined {
  if (platform !== 'linux') return `this is ${platform}`;
  if (CALL_NUMBERS[arch] === undefined || endianness() !== 'LE') return `this processor is ${arch}`;
  return undefined;
}

function importKoffi(): typeof Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as typeof Koffi;
  } catch (error) {
    throw refusal(
      `koffi has no build for this system (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

function openLibrary(koffi: typeof Koffi): Koffi.LibraryHandle {
  for (const name of LIBRARIES) {
    try {
      const library = koffi.load(name);
      library.func('int close(int fd)');
      return library;
    } catch {
      // Not this name: the other libc's, or the next.
    }
  }
  throw refusal('none of its C libraries could be loaded');
}

/** musl exports statx since 1.2.5 only. */
function statxOf(library: Koffi.LibraryHandle, numbers: CallNumbers): Libc['statx'] {
  const types = ['int', 'void *', 'int', 'uint', 'void *'];
  try {
    return library.func('statx', 'int', types) as Libc['statx'];
  } catch {
    const statx = library.func('syscall', 'int', ['long', ...types]);
    return (dirFd, path, flags, mask, out) => Number(statx(numbers.statx, dirFd, path, flags, mask, out));
  }
}

interface Loaded {
  readonly calls: Libc;
  readonly declare: Declare;
  readonly addressOf: (memory: Memory) => bigint;
}

function load(): Loaded {
  const why = unsupported();
  const numbers = CALL_NUMBERS[process.arch];
  if (why !== undefined || numbers === undefined) throw refusal(why ?? 'this processor is unknown');
  const koffi = importKoffi();
  const library = openLibrary(koffi);
  const call: Declare = <T>(name: string, result: string, ...types: readonly string[]): T =>
    library.func(name, result, [...types]) as T;
  const openat2 = call<(n: number, d: number, p: CString, h: Memory, s: number) => number>(
    'syscall',
    'int',
    'long',
    'int',
    'void *',
    'void *',
    'long',
  );
  const getdents64 = call<(n: number, fd: number, out: Memory, size: number) => number>(
    'syscall',
    'long',
    'long',
    'int',
    'void *',
    'long',
  );
  const renameat2 = call<(n: number, od: number, o: CString, nd: number, p: CString, f: number) => number>(
    'syscall',
    'int',
    'long',
    'int',
    'void *',
    'int',
    'void *',
    'uint',
  );
  const copyFileRange = call<
    (n: number, from: number, fo: Memory, to: number, too: Memory, length: number, flags: number) => number
  >('syscall', 'long', 'long', 'int', 'void *', 'int', 'void *', 'long', 'uint');
  const getxattrat = call<
    (n: number, d: number, p: CString, f: number, name: CString, args: Memory, size: number) => number
  >('syscall', 'long', 'long', 'int', 'void *', 'uint', 'void *', 'void *', 'size_t');
  const calls: Libc = {
    errno: koffi.errno as () => number,
    openat: call('openat', 'int', 'int', 'void *', 'int', 'uint'),
    openat2: (dirFd, path, how, size) => openat2(numbers.openat2, dirFd, path, how, size),
    close: call('close', 'int', 'int'),
    read: call('read', 'long', 'int', 'void *', 'size_t'),
    pread: call('pread', 'long', 'int', 'void *', 'size_t', 'long'),
    pwrite: call('pwrite', 'long', 'int', 'void *', 'size_t', 'long'),
    lseek: call('lseek', 'long', 'int', 'long', 'int'),
    ftruncate: call('ftruncate', 'int', 'int', 'long'),
    fallocate: call('fallocate', 'int', 'int', 'int', 'long', 'long'),
    fsync: call('fsync', 'int', 'int'),
    syncFileRangeLater: library.func('sync_file_range', 'int', ['int', 'long', 'long', 'uint'])
      .async as Libc['syncFileRangeLater'],
    statx: statxOf(library, numbers),
    fstatfs: call('fstatfs', 'int', 'int', 'void *'),
    getdents64: (fd, out, size) => getdents64(numbers.getdents64, fd, out, size),
    readlinkat: call('readlinkat', 'long', 'int', 'void *', 'void *', 'size_t'),
    linkat: call('linkat', 'int', 'int', 'void *', 'int', 'void *', 'int'),
    symlinkat: call('symlinkat', 'int', 'void *', 'int', 'void *'),
    renameat: call('renameat', 'int', 'int', 'void *', 'int', 'void *'),
    renameat2: (oldDir, oldPath, newDir, newPath, flags) =>
      renameat2(numbers.renameat2, oldDir, oldPath, newDir, newPath, flags),
    unlinkat: call('unlinkat', 'int', 'int', 'void *', 'int'),
    mkdirat: call('mkdirat', 'int', 'int', 'void *', 'uint'),
    fgetxattr: call('fgetxattr', 'long', 'int', 'void *', 'void *', 'size_t'),
    lgetxattr: call('lgetxattr', 'long', 'void *', 'void *', 'void *', 'size_t'),
    getxattrat: (dirFd, path, flags, name, args, size) =>
      getxattrat(GETXATTRAT, dirFd, path, flags, name, args, size),
    fsetxattr: call('fsetxattr', 'int', 'int', 'void *', 'void *', 'size_t', 'int'),
    fremovexattr: call('fremovexattr', 'int', 'int', 'void *'),
    flistxattr: call('flistxattr', 'long', 'int', 'void *', 'size_t'),
    futimens: call('futimens', 'int', 'int', 'void *'),
    clockGettime: call('clock_gettime', 'int', 'int', 'void *'),
    fchown: call('fchown', 'int', 'int', 'uint', 'uint'),
    fchmod: call('fchmod', 'int', 'int', 'uint'),
    fcntl: call('fcntl', 'int', 'int', 'int', 'long'),
    fcntlLock: call('fcntl', 'int', 'int', 'int', 'void *'),
    ioctl: call('ioctl', 'int', 'int', 'ulong', 'long'),
    ioctlMemory: call('ioctl', 'int', 'int', 'ulong', 'void *'),
    copyFileRange: (from, fromOffset, to, toOffset, length) =>
      copyFileRange(numbers.copyFileRange, from, fromOffset, to, toOffset, length, 0),
    memcpy: call('memcpy', 'void', 'void *', 'void *', 'size_t'),
    inotifyInit: call('inotify_init1', 'int', 'int'),
    inotifyAdd: call('inotify_add_watch', 'int', 'int', 'void *', 'uint'),
    inotifyRemove: call('inotify_rm_watch', 'int', 'int', 'int'),
    signal: call('signal', 'long', 'int', 'long'),
    onReadable: (fd, callback) => {
      const handle = koffi.node.poll(fd, { readable: true }, () => callback());
      handle.unref();
      return handle;
    },
  };
  return { calls, declare: call, addressOf: (memory) => koffi.address(memory) };
}

let loaded: Loaded | undefined;

/** @throws SystemError ENOSYS, with a message for the user, where the calls do not exist */
export function libc(): Libc {
  return (loaded ??= load()).calls;
}

/**
 * Calls that only some programs make, declared when first asked for: each declaration takes time and memory.
 * What `group` returns is kept for the thread.
 */
export function declared<T>(group: (declare: Declare) => T): () => T {
  let calls: T | undefined;
  return () => (calls ??= group((loaded ??= load()).declare));
}

/** Where memory is, for structures that hold pointers. It must outlive the call and not be a pooled Buffer's slice. */
export function addressOf(memory: Memory): bigint {
  return (loaded ??= load()).addressOf(memory);
}

/** The failure the last call left behind. Call it before any other call. */
export function lastError(syscall: string): SystemError {
  return new SystemError(libc().errno(), syscall);
}
