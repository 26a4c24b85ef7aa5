/**
 * The kernel's side of a mount by its number: /sys/fs/fuse/connections/N (fusectl). Aborting one frees whoever
 * waits for its server, whatever state that is in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
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
  try {
    const found = /^fuse_connection:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
    return found === null ? undefined : Number(found[1]);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
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
