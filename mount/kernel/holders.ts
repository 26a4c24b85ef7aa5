/**
 * Who is in a mount, as /proc tells it: working directories, roots, programs and open files, proc_pid_fd(5). The
 * links are only read, never followed, so nobody waits for the mount's server. Files that are only mapped are not seen.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

export interface Holder {
  readonly pid: number;
  /** The command's name, at most 15 bytes; proc_pid_comm(5). */
  readonly command: string;
}

/** In the order of /proc; those that we may not look at, or that ended meanwhile, are left out. */
export function holdersOf(mountpoint: string): Holder[] {
  const below = mountpoint === '/' ? '/' : `${mountpoint}/`;
  const isInside = (path: string): boolean => path === mountpoint || path.startsWith(below);
  return names('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || !linksOf(`/proc/${name}`).some(isInside)) return [];
    return [{ pid: Number(name), command: commandOf(name) }];
  });
}

function linksOf(process: string): string[] {
  const files = names(`${process}/fd`).map((name) => `fd/${name}`);
  return ['cwd', 'root', 'exe', ...files].flatMap((name) => {
    try {
      return [readlinkSync(`${process}/${name}`)];
    } catch {
      return [];
    }
  });
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '?';
  }
}
