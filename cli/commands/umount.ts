/** `bucketree umount`: takes a mount of ours away, a dead or hanging one as well. */
import { connectionIn } from '../../mount/kernel/connections.js';
import { OUR_TYPE, mountAt, readMountTable } from '../../mount/kernel/mount-table.js';
import type { MountEntry } from '../../mount/kernel/mount-table.js';
import { placeOf } from '../../mount/kernel/mountpoint.js';
import { forceAway, unmountAt } from '../../mount/kernel/unmounting.js';
import type { Invocation } from '../command.js';
import { type ExitCode, Fault } from '../fault.js';
import { mountFault } from '../mounting.js';
import { path } from '../option.js';
import { printable } from '../terminal.js';

/** For a server to answer what the kernel still has for it. */
const PATIENCE = 30_000;

export async function run({ settings, arguments: [given = ''], terminal }: Invocation): Promise<ExitCode> {
  const { lazy, force } = settings.values;
  try {
    const place = placeOf(path(given, terminal.directory));
    const entry = ours(place);
    if (force) await forceAway(place, connectionIn(entry));
    else if ((await unmountAt(place, { lazy, milliseconds: PATIENCE })) === 'busy') throw inUse(place);
    const left = mountAt(readMountTable(), place);
    if (left?.id === entry.id)
      throw new Fault(1, `${printable(place)} is still mounted`, `as root: umount -l ${place}`);
    return 0;
  } catch (error) {
    throw mountFault(error);
  }
}

/** @throws Fault when nothing of ours is there */
function ours(place: string): MountEntry {
  const entry = mountAt(readMountTable(), place);
  if (entry === undefined)
    throw new Fault(
      1,
      `nothing is mounted on ${printable(place)}`,
      'findmnt -t fuse.bucketree lists the mounts',
    );
  if (entry.type !== OUR_TYPE)
    throw new Fault(
      1,
      `${printable(place)} is no mount of Bucketree but ${printable(entry.type)}`,
      `umount ${place}`,
    );
  return entry;
}

function inUse(place: string): Fault {
  return new Fault(
    1,
    `${printable(place)} is in use`,
    `fuser -vm ${place} says by whom; bucketree umount --lazy ${place} takes it out of the tree now`,
  );
}
