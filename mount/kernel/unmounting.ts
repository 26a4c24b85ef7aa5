/**
 * Getting rid of a mount, politely first: umount2(2) while the server still answers, out of the tree when
 * somebody is still in it, and where the kernel waits for a server that does not answer, an abort.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCapability } from '../../lib/os/credentials.js';
import { unmount, unmountLater } from '../../lib/os/mounts.js';
import { isErrno } from '../../lib/os/system-error.js';
import { abortConnection } from './connections.js';
import { unmountByFusermount } from './fusermount.js';
import type { Unmounted } from './fusermount.js';
import { MountError } from './mount-error.js';
import { mountAt, readMountTable } from './mount-table.js';

export interface Unmounting {
  /** Out of the tree even while somebody uses it. */
  readonly lazy: boolean;
  /** For the server to answer. */
  readonly milliseconds: number;
}

/** Whether this process mounts and unmounts itself; fusermount3 does it for others. */
export function isPrivileged(): boolean {
  return hasCapability('CAP_SYS_ADMIN');
}

/** @throws MountError when it is refused, or not done in time */
export async function unmountAt(place: string, { lazy, milliseconds }: Unmounting): Promise<Unmounted> {
  if (!isPrivileged()) return unmountByFusermount(place, { lazy, milliseconds });
  const late = new AbortController();
  const timeout = sleep(milliseconds, 'late' as const, { signal: late.signal }).catch(() => 'late' as const);
  const done = unmountLater(place, { detach: lazy }).then(
    () => 'done' as const,
    (error: unknown) => {
      if (isErrno(error, 'EBUSY')) return 'busy' as const;
      if (isErrno(error, 'EINVAL', 'ENOENT')) return 'not mounted' as const;
      throw error;
    },
  );
  try {
    const outcome = await Promise.race([done, timeout]);
    if (outcome !== 'late') return outcome;
  } finally {
    late.abort();
  }
  done.catch(() => undefined);
  throw new MountError(`unmounting ${place} took too long`, `bucketree umount --force ${place}`);
}

const QUICK: Unmounting = { lazy: true, milliseconds: 10_000 };

/** Takes a mount that nobody answers for out of the tree; one that was taken already is fine. @throws MountError */
export async function takeAway(place: string): Promise<void> {
  await unmountAt(place, QUICK);
}

/**
 * Whoever waits for the mount's server fails, then the mount goes.
 * @param connection undefined where it is not known
 */
export async function forceAway(place: string, connection: number | undefined): Promise<void> {
  const aborted = connection !== undefined && abortConnection(connection);
  if (!aborted && isPrivileged()) {
    try {
      await unmountLater(place, { force: true });
    } catch (error) {
      if (!isErrno(error, 'EBUSY', 'EINVAL', 'ENOENT')) throw error;
    }
  }
  await takeAway(place);
}

export interface Standing {
  readonly place: string;
  /** `major:minor`, which tells this mount from a later one at the same place. */
  readonly device: string;
  readonly connection: number | undefined;
}

/** 'covered': another mount is on top, so this one stays in the tree, and ends with its server. */
export type Ending = 'unmounted' | 'detached' | 'covered' | 'gone';

const PATIENCE = 3000;
/** Indexers and desktops look into whatever changes, for a moment. */
const SECOND_TRY_AFTER = 200;

function stands({ place, device }: Standing): 'on top' | 'covered' | 'gone' {
  const table = readMountTable();
  if (mountAt(table, place)?.device === device) return 'on top';
  return table.some((entry) => entry.mountpoint === place && entry.device === device) ? 'covered' : 'gone';
}

/** The whole ladder, for a server that ends. It still answers, on another thread, until this is done. */
export async function endMount(standing: Standing, patience: number = PATIENCE): Promise<Ending> {
  const { place, connection } = standing;
  for (const pause of [0, SECOND_TRY_AFTER]) {
    if (pause > 0) await sleep(pause);
    const state = stands(standing);
    if (state !== 'on top') return state;
    try {
      const outcome = await unmountAt(place, { lazy: false, milliseconds: patience });
      if (outcome === 'done') return 'unmounted';
      if (outcome === 'not mounted') return 'gone';
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      await forceAway(place, connection);
      return 'detached';
    }
  }
  await takeAway(place);
  return 'detached';
}

/** For a process that ends this instant, and cannot answer any more: whoever waits fails, and the mount goes. */
export function dropMount(standing: Standing): void {
  if (!isPrivileged() || stands(standing) !== 'on top') return;
  for (const options of [{ force: true }, { detach: true }]) {
    try {
      unmount(standing.place, options);
      return;
    } catch (error) {
      if (!isErrno(error, 'EBUSY')) return;
    }
  }
}
