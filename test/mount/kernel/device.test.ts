import t from 'tap';
import { closeFd } from '../../../lib/os/open.js';
import { E, SystemError } from '../../../lib/os/system-error.js';
import { deviceError, openDevice } from '../../../mount/kernel/device.js';
import { NEEDS_ROOT } from './serving.js';

t.test('the device opens', { skip: NEEDS_ROOT }, async (t) => {
  const fd = openDevice();
  t.ok(fd > 2);
  closeFd(fd);
});

t.test('each way of having no device has its remedy', async (t) => {
  for (const [errno, message, remedy] of [
    [E.ENOENT, /no \/dev\/fuse.*ENOENT/, /modprobe fuse.*--device/],
    [E.ENODEV, /kernel has no FUSE/, /modprobe/],
    [E.EACCES, /EACCES/, /chmod 666/],
    [E.EPERM, /EPERM/, /container/],
  ] as const) {
    const open = (): never => {
      throw new SystemError(errno, 'open');
    };
    t.throws(() => openDevice(open), { name: 'MountError', message, remedy });
  }
  const other = new SystemError(E.EMFILE, 'open');
  t.equal(deviceError(other), other, 'anything else stays what it is');
});
