/** Words of mount(8) about one mount, and the flags of mount(2) they set and clear. */
import { MountError } from './mount-error.js';

/** Flags of mount(2). */
export const MS = {
  RDONLY: 1,
  NOSUID: 2,
  NODEV: 4,
  NOEXEC: 8,
  SYNCHRONOUS: 16,
  DIRSYNC: 128,
  NOATIME: 1024,
} as const;

export const MOUNT_FLAGS: Readonly<Record<string, { readonly set?: number; readonly clear?: number }>> = {
  suid: { clear: MS.NOSUID },
  nosuid: { set: MS.NOSUID },
  dev: { clear: MS.NODEV },
  nodev: { set: MS.NODEV },
  exec: { clear: MS.NOEXEC },
  noexec: { set: MS.NOEXEC },
  atime: { clear: MS.NOATIME },
  noatime: { set: MS.NOATIME },
  sync: { set: MS.SYNCHRONOUS },
  async: { clear: MS.SYNCHRONOUS },
  dirsync: { set: MS.DIRSYNC },
};

/** `nosuid` and `nodev` hold unless other words say so; the last one counts. Pure. @throws MountError for what is no word */
export function flagsOf(words: readonly string[], readOnly: boolean): number {
  let flags = MS.NOSUID | MS.NODEV | (readOnly ? MS.RDONLY : 0);
  for (const word of words) {
    const row = Object.hasOwn(MOUNT_FLAGS, word) ? MOUNT_FLAGS[word] : undefined;
    if (row === undefined) throw new MountError(`${word} is no mount option`);
    flags = (flags | (row.set ?? 0)) & ~(row.clear ?? 0);
  }
  return flags;
}
