/** What this process, all its threads together, has open: for tests of what is closed. */
import { readdirSync, readlinkSync } from 'node:fs';

/** How many descriptors lead to this path, or with a slash at its end to anything beneath it. */
export function openAt(path: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    const target = targetOf(fd);
    return path.endsWith('/') ? target.startsWith(path) : target === path;
  }).length;
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // The one the directory itself was read with.
    return '';
  }
}
