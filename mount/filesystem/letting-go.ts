/** The last descriptor of what was removed is the one that frees it: where that takes a while, it is the pool's. */
import { closeFd, closeLater } from '../../lib/os/open.js';
import { isFile, statFd } from '../../lib/os/stat.js';

/** Bytes: freeing a gigabyte takes ext4 a third of a second. */
export const SLOW_TO_FREE = 16 * 1024 * 1024;

export function letGo(fd: number): void {
  const stat = statFd(fd);
  if (stat.nlink === 0 && isFile(stat) && stat.size >= SLOW_TO_FREE) closeLater(fd);
  else closeFd(fd);
}
