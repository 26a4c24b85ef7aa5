/**
 * Whether a directory takes `A` and `a` for one name: the casefold flag of ext4, f2fs and tmpfs
 * (ioctl_iflags(2)), or a filesystem that always does.
 */
import { libc } from './libc.js';
import { fileSystem } from './stat.js';

const FS_IOC_GETFLAGS = 0x80086601;
const FS_CASEFOLD_FL = 0x40000000;

/** linux/magic.h. */
const ALWAYS_FOLDS: readonly number[] = [0x4d44 /* FAT */, 0x2011bab0 /* exFAT */];
const FLAG_TELLS: readonly number[] = [
  0xef53 /* ext4 */, 0xf2f52010 /* f2fs */, 0x01021994 /* tmpfs */, 0x9123683e /* btrfs */,
  0x858458f6 /* ramfs */,
];

const flags = new Uint32Array(2);

/**
 * undefined where only trying two names would tell (NTFS, SMB, FUSE, ZFS, XFS).
 * The descriptor is open for reading, not O_PATH.
 */
export function foldsCase(dirFd: number): boolean | undefined {
  const { type } = fileSystem(dirFd);
  if (ALWAYS_FOLDS.includes(type)) return true;
  flags.fill(0);
  if (libc().ioctlMemory(dirFd, FS_IOC_GETFLAGS, flags) === 0 && ((flags[0] ?? 0) & FS_CASEFOLD_FL) !== 0)
    return true;
  return FLAG_TELLS.includes(type) ? false : undefined;
}
