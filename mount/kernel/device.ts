/** /dev/fuse, or why there is none. */
import { openFuse } from '../../lib/os/fuse-device.js';
import { isErrno } from '../../lib/os/system-error.js';
import { MountError } from './mount-error.js';

/** A device that is not mounted yet. @throws MountError */
export function openDevice(open: () => number = openFuse): number {
  try {
    return open();
  } catch (error) {
    throw deviceError(error);
  }
}

/** What a failure to open it means to whoever wants a mount. */
export function deviceError(error: unknown): unknown {
  if (isErrno(error, 'ENOENT'))
    return new MountError(
      'there is no /dev/fuse here (ENOENT)',
      'modprobe fuse; in a container: --device /dev/fuse --cap-add SYS_ADMIN',
      error,
    );
  if (isErrno(error, 'ENODEV', 'ENXIO'))
    return new MountError('the kernel has no FUSE (ENODEV)', 'modprobe fuse', error);
  if (isErrno(error, 'EACCES', 'EPERM'))
    return new MountError(
      `/dev/fuse may not be opened (${isErrno(error, 'EPERM') ? 'EPERM' : 'EACCES'})`,
      'chmod 666 /dev/fuse, as udev does; in a container: --device /dev/fuse --cap-add SYS_ADMIN',
      error,
    );
  return error;
}
