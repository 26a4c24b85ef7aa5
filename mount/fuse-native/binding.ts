/**
 * The portable binding: the same filesystem through fuse-native, which brings libfuse 2. For systems without our own
 * session. What it cannot do is said at mount (LIMITS); what can be worked around is, here.
 * It must live on a process's main thread: its callbacks go to libuv's default loop.
 */
import { createRequire } from 'node:module';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Filesystem } from '../filesystem/filesystem.js';
import { type NativeOperations, operations } from './operations.js';

export interface NativeMountOptions {
  readonly mountpoint: string;
  readonly readOnly: boolean;
  readonly allowOther: boolean;
  /** Shown as the mount's source. */
  readonly source: string;
}

export interface NativeMount {
  stop(): Promise<void>;
}

/** What a person gives up with it, a sentence each. */
export const LIMITS: readonly string[] = [
  'Everything is done as the user who mounts: the library does not tell who calls.',
  'A changed access time becomes the modification time as well, so rsync never stops sending; times are milliseconds.',
  'Two names of one file look like two files.',
  'A file that is deleted while somebody has it open stays as .fuse_hidden… until it is closed, and S3 lists it.',
  'Names that are not UTF-8 cannot be used, and names of 255 bytes only where the path stays below 1,024.',
  'The calls renameat2 with flags, fallocate, SEEK_HOLE, copy_file_range and O_TMPFILE are not there.',
  'The kernel is told nothing of changes over HTTP, so it asks for everything each time: slower than the other binding.',
];

type Signal = (errno: number, ...rest: readonly unknown[]) => void;

/** What of fuse-native's class is used. */
interface NativeFuse {
  mount(done: (error: Error | null) => void): void;
  unmount(done: (error: Error | null) => void): void;
  readonly ops: NativeOperations;
}

type NativeClass = new (
  mountpoint: string,
  operations: NativeOperations,
  options: Readonly<Record<string, unknown>>,
) => NativeFuse;

/** @throws SystemError ENOSYS with the remedy, where the package or libfuse 2 is missing */
function load(): NativeClass {
  try {
    return createRequire(import.meta.url)('fuse-native') as NativeClass;
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new SystemError(
      E.ENOSYS,
      'fuse-native',
      `The binding fuse-native cannot be loaded: ${why}. It needs \`npm install fuse-native\` and libfuse 2 (apt install libfuse2).`,
    );
  }
}

/** Values are asked for with a buffer; the library copies beyond its end what does not fit, so we say ERANGE. */
function careful(Native: NativeClass): NativeClass {
  return class extends Native {
    _op_getxattr(signal: Signal, path: string, name: string, into: Buffer): void {
      this.ops.getxattr(path, name, 0, (errno, ...[value]) => {
        if (errno !== 0 || value === undefined) return signal(errno, into.buffer);
        if (into.length === 0) return signal(value.length, into.buffer);
        if (value.length > into.length) return signal(-E.ERANGE, into.buffer);
        value.copy(into);
        return signal(value.length, into.buffer);
      });
    }

    /** The whole list, or ERANGE; the library asks with an empty buffer how much that is. */
    _op_listxattr(signal: Signal, path: string, into: Buffer): void {
      this.ops.listxattr(path, (errno, ...[names]) => {
        if (errno !== 0 || names === undefined) return signal(errno, into.buffer);
        const list = Buffer.from(names.map((name) => `${name}\0`).join(''));
        if (into.length > 0 && list.length > into.length) return signal(-E.ERANGE, into.buffer);
        list.copy(into);
        return signal(list.length, into.buffer);
      });
    }
  };
}

/** Mounts, and resolves when it answers. @throws SystemError, Error with what the library said */
export async function mountNative(filesystem: Filesystem, options: NativeMountOptions): Promise<NativeMount> {
  const Native = careful(load());
  const caller = { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, pid: process.pid };
  const fuse = new Native(options.mountpoint, operations(filesystem, caller), {
    // Options of libfuse that the package has no word for ride behind one it has: writes of 128 KiB in place of 4 KiB.
    subtype: `bucketree,big_writes${options.readOnly ? ',ro' : ''}`,
    fsname: options.source.replaceAll(/[\\,]/g, (mark) => `\\${mark}`),
    allowOther: options.allowOther,
    // A handler of ours never hangs; its own deadline would answer for one that is merely slow.
    timeout: false,
    autoCache: true,
    entryTimeout: '0',
    attrTimeout: '0',
    acAttrTimeout: '0',
  });
  await new Promise<void>((resolve, reject) => {
    fuse.mount((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= new Promise<void>((resolve, reject) => {
      fuse.unmount((error) => (error === null || error === undefined ? resolve() : reject(error)));
    }).finally(() => filesystem.close()));
  return { stop };
}
