/**
 * Mounting as an ordinary user needs a device that everybody may open. Where it is only root's, a test is done
 * once more in a mount namespace of its own, with a device and an /etc/fuse.conf of its own.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { NEEDS_ROOT, NOBODY } from './serving.js';

/** Words of setpriv(1) for being nobody. */
export const AS_NOBODY = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

const OWN_DEVICE = 'FUSERMOUNT_TEST_DEVICE';

const SCRIPT = `set -e
directory=$(mktemp -d)
trap 'umount /dev/fuse /etc/fuse.conf; rm -r "$directory"' EXIT
mknod -m 666 "$directory/fuse" c 10 229
mount --bind "$directory/fuse" /dev/fuse
echo user_allow_other > "$directory/fuse.conf"
touch /etc/fuse.conf
mount --bind "$directory/fuse.conf" /etc/fuse.conf
"$0" "$1"`;

/** Why users cannot mount in this process, or false. @param url of the test's own module */
export async function userMounts(t: Pick<Test, 'spawn'>, url: string): Promise<string | false> {
  if (NEEDS_ROOT !== false) return NEEDS_ROOT;
  if (!['/usr/bin/fusermount3', '/bin/fusermount3'].some((path) => existsSync(path)))
    return 'needs fusermount3';
  if (!existsSync('/dev/fuse')) return 'needs /dev/fuse';
  if ((statSync('/dev/fuse').mode & 0o006) === 0o006) return false;
  if (process.env[OWN_DEVICE] !== undefined) return 'needs a /dev/fuse for everybody';
  const words = ['--mount', 'sh', '-c', SCRIPT, process.execPath, fileURLToPath(url)];
  const options = { env: { ...process.env, [OWN_DEVICE]: '1' } };
  await t.spawn('unshare', words, options, 'with a device for everybody');
  return 'done with a device for everybody';
}

/** Whether users may mount for others. */
export function usersMayShare(): boolean {
  try {
    return /^user_allow_other$/m.test(readFileSync('/etc/fuse.conf', 'utf8'));
  } catch {
    return false;
  }
}
