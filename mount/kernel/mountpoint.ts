/**
 * The place a mount is to be at, made sure of before anything is mounted: there, a directory, empty, apart from
 * the store, and without a dead mount of ours on it. A mount whose server is gone or hangs would take down
 * whoever looks at it, so that is left to a process that can be killed.
 */
import { execFile } from 'node:child_process';
import { opendirSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isDirectory, tryStatPath } from '../../lib/os/stat.js';
import type { Stat } from '../../lib/os/stat.js';
import { isErrno } from '../../lib/os/system-error.js';
import { connectionIn, hasServer } from './connections.js';
import { MountError } from './mount-error.js';
import { OUR_TYPE, mountAt, readMountTable } from './mount-table.js';
import { forceAway, takeAway } from './unmounting.js';

export interface Wanted {
  readonly path: string;
  /** Directories that are served: neither above the place nor below it. */
  readonly roots: readonly string[];
  /** Mount over what is in the directory, and hide it. */
  readonly nonEmpty: boolean;
  readonly say: (message: string) => void;
}

/** @returns the place without links in its path, as the mount table will have it. @throws MountError */
export async function prepareMountpoint({ path, roots, nonEmpty, say }: Wanted): Promise<string> {
  const place = placeOf(path);
  await clear(place, say);
  const stat = tryStatPath(place);
  if (stat === undefined) throw new MountError(`there is no directory ${place}`, `mkdir -p ${place}`);
  if (!isDirectory(stat)) throw new MountError(`${place} is not a directory`, 'name an empty directory');
  for (const root of roots) keepApart(place, root);
  if (!nonEmpty && !isEmpty(place)) {
    throw new MountError(
      `${place} is not empty, and a mount would hide what is in it`,
      'choose an empty directory, or say that you mean it: -o nonempty',
    );
  }
  return place;
}

const MOST_LINKS = 40;

/** Links followed, without asking the last directory itself. @throws MountError */
export function placeOf(path: string): string {
  let place = resolve(path);
  for (let links = 0; links < MOST_LINKS; links += 1) {
    if (place === '/') return place;
    try {
      place = join(realpathSync(dirname(place)), basename(place));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR'))
        throw new MountError(`there is no directory ${place}`, `mkdir -p ${place}`, error);
      throw new MountError(
        `cannot reach ${place}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    if (isMountpoint(place)) return place;
    try {
      place = resolve(dirname(place), readlinkSync(place));
    } catch (error) {
      if (isErrno(error, 'EINVAL', 'ENOENT')) return place;
      throw new MountError(
        `cannot reach ${place}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  throw new MountError(`cannot reach ${path}: its links go round in a circle`);
}

function isMountpoint(place: string): boolean {
  return mountAt(readMountTable(), place) !== undefined;
}

/** Takes dead mounts of ours away. @throws MountError for what is alive, or somebody else's and dead */
async function clear(place: string, say: (message: string) => void): Promise<void> {
  for (;;) {
    const entry = mountAt(readMountTable(), place);
    if (entry === undefined || !entry.type.startsWith('fuse')) return;
    const health = await healthOf(place);
    if (health === 'alive' && entry.type !== OUR_TYPE) return;
    if (health === 'alive')
      throw new MountError(`${entry.source} is mounted on ${place} already`, `bucketree umount ${place}`);
    if (health === 'silent') {
      // Killed while it told the kernel something, a server leaves its device open and nobody to answer.
      const connection = entry.type === OUR_TYPE ? connectionIn(entry) : undefined;
      if (connection === undefined || hasServer(connection) !== false)
        throw new MountError(`the mount on ${place} does not answer`, `bucketree umount --force ${place}`);
      say(`the mount on ${place} hangs and has lost its server: replacing it`);
      await forceAway(place, connection);
      continue;
    }
    if (entry.type !== OUR_TYPE)
      throw new MountError(`a dead mount (${entry.type}) is on ${place}`, `umount ${place}`);
    say(`the mount on ${place} has lost its server: replacing it`);
    await takeAway(place);
    if (mountAt(readMountTable(), place)?.id === entry.id)
      throw new MountError(`the dead mount on ${place} cannot be taken away`, `as root: umount -l ${place}`);
  }
}

export type Health = 'alive' | 'dead' | 'silent';

/** Of statfs(2) the kernel knows no answer by itself; stat(2) it may answer for a server that is gone. */
const LOOK = `try { require('node:fs').statfsSync(process.argv[1]); } catch ({ code }) { process.stdout.write(code); }`;

/** Whether a server answers at a mountpoint: dead is ENOTCONN, silent is no answer in time. */
export function healthOf(place: string, milliseconds = 5000): Promise<Health> {
  return new Promise((settle) => {
    const limits = { timeout: milliseconds, killSignal: 'SIGKILL' as const, env: {} };
    execFile(process.execPath, ['-e', LOOK, place], limits, (error, stdout) => {
      if (stdout === 'ENOTCONN' || stdout === 'ECONNABORTED') settle('dead');
      else settle(error?.killed === true ? 'silent' : 'alive');
    });
  });
}

function same(one: Stat, other: Stat): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** Whether one directory is the other or somewhere above it, whatever paths lead to them. */
function holds(upper: string, lower: string): boolean {
  const wanted = tryStatPath(upper);
  if (wanted === undefined) return false;
  for (let path = lower; ; path = dirname(path)) {
    const stat = tryStatPath(path);
    if (stat !== undefined && same(stat, wanted)) return true;
    if (path === '/') return false;
  }
}

/** A store that holds its own mount would wait for itself; one below the mount is no longer reached by its path. */
function keepApart(place: string, root: string): void {
  const real = realpathSync(root);
  if (holds(real, place))
    throw new MountError(
      `${place} is inside ${real}, which is to be mounted there`,
      'choose a directory elsewhere',
    );
  if (holds(place, real))
    throw new MountError(`a mount on ${place} would hide ${real}`, 'choose a directory elsewhere');
}

function isEmpty(place: string): boolean {
  try {
    const directory = opendirSync(place);
    try {
      return directory.readSync() === null;
    } finally {
      directory.closeSync();
    }
  } catch (error) {
    // Who may not look in cannot see it hidden either; mounting says more.
    if (isErrno(error, 'EACCES')) return true;
    throw error;
  }
}
