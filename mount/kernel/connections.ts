/**
 * The kernel's side of a mount by its number: /sys/fs/fuse/connections/N (fusectl). Aborting one frees whoever
 * waits for its server, whatever state that is in.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { isErrno } from '../../lib/os/system-error.js';
import type { MountEntry } from './mount-table.js';

const CONTROL = '/sys/fs/fuse/connections';

/** The number by the table: a filesystem without a disk has the major number 0. */
export function connectionIn({ device }: Pick<MountEntry, 'device'>): number | undefined {
  const found = /^0:(\d+)$/.exec(device);
  return found === null ? undefined : Number(found[1]);
}

/** The number by the mounted device, where the kernel tells (since 6.16); undefined elsewhere. */
export function connectionOf(fd: number): number | undefined {
  return connectionSaid(`/proc/self/fdinfo/${fd}`);
}

function connectionSaid(path: string): number | undefined {
  try {
    const found = /^fuse_connection:\s*(\d+)$/m.exec(readFileSync(path, 'latin1'));
    return found === null ? undefined : Number(found[1]);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Whether a process that lives has the connection's device open, proc_pid_fd(5); of one that is ending, nothing is
 * seen. undefined where that cannot be told: the kernel does not number devices, or a process is not ours to look at.
 */
export function hasServer(connection: number): boolean | undefined {
  let unsure = false;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const device = devicesOf(pid);
    if (device === undefined) unsure = true;
    for (const found of device ?? []) {
      if (found === connection) return true;
      if (found === undefined) unsure = true;
    }
  }
  return unsure ? undefined : false;
}

/** The connections of the FUSE devices a process has open; undefined: it may have some. */
function devicesOf(pid: string): (number | undefined)[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`)
      .filter((fd) => leadsToDevice(`/proc/${pid}/fd/${fd}`))
      .map((fd) => connectionSaid(`/proc/${pid}/fdinfo/${fd}`));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return [];
    if (isErrno(error, 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

function leadsToDevice(link: string): boolean {
  try {
    return readlinkSync(link) === '/dev/fuse';
  } catch {
    // Closed meanwhile.
    return false;
  }
}

/**
 * Everything that waits on the connection fails, and the mount answers ENOTCONN from now on. True when there is
 * no such connection any more; false where this is not for us to do, or fusectl is not mounted.
 */
export function abortConnection(connection: number, control: string = CONTROL): boolean {
  try {
    writeFileSync(`${control}/${connection}/abort`, '1', { flag: 'r+' });
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM', 'EROFS')) return false;
    throw error;
  }
}

/** How many requests have no answer yet; undefined where that is not told. */
export function waitingOn(connection: number, control: string = CONTROL): number | undefined {
  try {
    return Number(readFileSync(`${control}/${connection}/waiting`, 'latin1'));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw error;
  }
}
