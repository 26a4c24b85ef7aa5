/** Whether the store can be mounted here, by whom and how well, and how the mounts of ours are that there are. */
import { accessSync, constants } from 'node:fs';
import { release } from 'node:os';
import { delimiter, join } from 'node:path';
import { MountError } from '../../mount/kernel/mount-error.js';
import { openDevice } from '../../mount/kernel/device.js';
import { type MountEntry, OUR_TYPE, mountAt, readMountTable } from '../../mount/kernel/mount-table.js';
import { type Health, healthOf } from '../../mount/kernel/mountpoint.js';
import { isPrivileged } from '../../mount/kernel/unmounting.js';
import { closeFd } from '../../lib/os/open.js';
import { type Finding, note, ok, problem } from './finding.js';
import { atLeast } from './machine.js';

/** FUSE_PASSTHROUGH. */
const PASSTHROUGH = [6, 9] as const;

export interface MountFacts {
  readonly privileged: boolean;
  readonly kernel: string;
  /** Directories of programs, as PATH has them. */
  readonly path: string;
  /** @throws MountError when there is no device */
  readonly open: () => number;
}

function here(): MountFacts {
  return { privileged: isPrivileged(), kernel: release(), path: process.env['PATH'] ?? '', open: openDevice };
}

/** Nothing of this is needed to serve: what is missing is a note. */
export function checkMounting({ privileged, kernel, path, open }: MountFacts = here()): Finding {
  const has = path.split(delimiter).some((directory) => isProgram(join(directory, 'fusermount3')));
  if (!privileged && !has)
    return note('mount', 'cannot mount without fusermount3', 'apt install fuse3, or mount as root');
  try {
    closeFd(open());
  } catch (error) {
    if (!(error instanceof MountError)) throw error;
    return note('mount', `cannot mount: ${error.message}`, error.remedy ?? '');
  }
  if (!privileged) return ok('mount', 'mounts by fusermount3; content goes through the program');
  return ok('mount', `mounts; content goes ${atLeast(kernel, PASSTHROUGH) ? 'past' : 'through'} the program`);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Every mount of ours, with its server's health; trouble with one of `sources` is a problem, with other stores' a
 * note. Those that another mount covers are not looked at.
 */
export async function examineMounts(
  sources: readonly string[],
  table: readonly MountEntry[] = readMountTable(),
  health: (place: string) => Promise<Health> = healthOf,
): Promise<readonly Finding[]> {
  const ours = table.filter((entry) => entry.type === OUR_TYPE && mountAt(table, entry.mountpoint) === entry);
  return Promise.all(ours.map(async (entry) => told(entry, await health(entry.mountpoint), sources)));
}

function told({ mountpoint, source }: MountEntry, health: Health, sources: readonly string[]): Finding {
  if (health === 'alive') return ok('mounts', `${source} is mounted`, mountpoint);
  const remedy = `bucketree umount ${health === 'silent' ? '--force ' : ''}${mountpoint}`;
  const what = health === 'dead' ? 'its server is gone' : 'its server does not answer';
  return (sources.includes(source) ? problem : note)('mounts', what, remedy, mountpoint);
}
