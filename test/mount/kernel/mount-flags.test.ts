import t from 'tap';
import { MOUNT_FLAGS, MS, flagsOf } from '../../../mount/kernel/mount-flags.js';

t.test('set-id programs and devices work only where that is said', async (t) => {
  t.equal(flagsOf([], false), MS.NOSUID | MS.NODEV);
  t.equal(flagsOf(['suid', 'dev'], false), 0);
  t.equal(
    flagsOf(['suid', 'nosuid', 'noexec', 'noatime'], true),
    1 | 2 | 4 | 8 | 1024,
    'the last word counts',
  );
  t.equal(flagsOf(Object.keys(MOUNT_FLAGS), false) & MS.RDONLY, 0);
  t.throws(() => flagsOf(['toString'], false), {
    name: 'MountError',
    message: /toString is no mount option/,
  });
});
