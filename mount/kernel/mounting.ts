/**
 * A device that becomes a mount: by mount(2) where we may, by fusermount3 where not. The kernel checks modes and
 * groups (default_permissions) in every mount of ours.
 */
import { closeFd } from '../../lib/os/open.js';
import { libc } from '../../lib/os/libc.js';
import { mountFuse } from '../../lib/os/mounts.js';
import { isErrno } from '../../lib/os/system-error.js';
import { connectionIn, connectionOf } from './connections.js';
import { openDevice } from './device.js';
import { mountByFusermount } from './fusermount.js';
import { MountError } from './mount-error.js';
import { flagsOf } from './mount-flags.js';
import { OUR_TYPE, mountAt, readMountTable } from './mount-table.js';
import { dropMount, endMount, isPrivileged } from './unmounting.js';
import type { Ending, Standing } from './unmounting.js';

export interface MountRequest {
  /** What the mount table names as the source: the store's directory. */
  readonly source: string;
  /** From prepareMountpoint. */
  readonly place: string;
  readonly readOnly: boolean;
  /** Users other than the one who mounts. */
  readonly allowOther: boolean;
  /** Of mount(8), see mount-flags. `nosuid` and `nodev` hold unless `suid` and `dev` are there. */
  readonly flags: readonly string[];
  /** Bytes in one read, at most; the kernel's own limit when absent. */
  readonly maxRead?: number;
}

export interface KernelMount {
  /** The device, which does not block. Its user closes it, after `end`. */
  readonly fd: number;
  readonly connection: number | undefined;
  /** Unmounts, while the session still answers; out of the tree at least. */
  end(): Promise<Ending>;
  /** The same at once, for `process.on('exit')`: nobody answers any more. */
  drop(): void;
  /** What the mount holds besides the device, once that is closed. */
  release(): void;
}

/** @throws MountError */
export async function mountKernel(request: MountRequest): Promise<KernelMount> {
  const { place } = request;
  const direct = isPrivileged();
  const { fd, socket } = direct
    ? { fd: mountDirectly(request), socket: undefined }
    : await mountForUser(request);
  const entry = mountAt(readMountTable(), place);
  if (entry === undefined || entry.type !== OUR_TYPE) {
    closeFd(fd);
    if (socket !== undefined) closeFd(socket);
    throw new MountError(`the mount on ${place} went as soon as it was there`);
  }
  const connection = connectionOf(fd) ?? connectionIn(entry);
  const standing: Standing = { place, device: entry.device, connection };
  return {
    fd,
    connection,
    end: () => endMount(standing),
    drop: () => dropMount(standing),
    release: () => {
      if (socket !== undefined) closeFd(socket);
    },
  };
}

function mountDirectly({ source, place, readOnly, allowOther, flags, maxRead }: MountRequest): number {
  const wanted = flagsOf(flags, readOnly);
  const fd = openDevice();
  const data = [
    `fd=${fd}`,
    'rootmode=40000',
    `user_id=${process.geteuid?.() ?? 0}`,
    `group_id=${process.getegid?.() ?? 0}`,
    'default_permissions',
    ...(allowOther ? ['allow_other'] : []),
    ...(maxRead === undefined ? [] : [`max_read=${maxRead}`]),
  ];
  try {
    mountFuse({ source, target: place, type: OUR_TYPE, flags: wanted, data: data.join(',') });
  } catch (error) {
    closeFd(fd);
    throw mountError(error, place);
  }
  return fd;
}

function mountError(error: unknown, place: string): unknown {
  const because = `cannot mount on ${place}: ${error instanceof Error ? error.message : String(error)}`;
  if (isErrno(error, 'EPERM', 'EACCES'))
    return new MountError(
      because,
      'in a container: --cap-add SYS_ADMIN --security-opt apparmor=unconfined',
      error,
    );
  if (isErrno(error, 'ENODEV')) return new MountError(because, 'modprobe fuse', error);
  if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EBUSY', 'EINVAL', 'ENOMEM'))
    return new MountError(because, undefined, error);
  return error;
}

const F_GETFL = 3;
const F_SETFL = 4;
const O_NONBLOCK = 0o4000;

async function mountForUser(request: MountRequest): Promise<{ fd: number; socket: number }> {
  const { source, place, readOnly, allowOther, flags, maxRead } = request;
  flagsOf(flags, readOnly);
  const mounted = await mountByFusermount(
    place,
    [
      readOnly ? 'ro' : 'rw',
      // suid and dev are root's to give; asking for them is refused in fusermount3's words.
      ...flags,
      'subtype=bucketree',
      `fsname=${source.replace(/[\\,]/g, '\\$&')}`,
      'default_permissions',
      // It finds out that a mount is dead by looking, which only a mount for everybody lets it.
      ...(allowOther ? ['allow_other', 'auto_unmount'] : []),
      ...(maxRead === undefined ? [] : [`max_read=${maxRead}`]),
    ].join(','),
  );
  const { fd } = mounted;
  libc().fcntl(fd, F_SETFL, libc().fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
  return mounted;
}
