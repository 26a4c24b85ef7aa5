/**
 * Whether anybody has a file open, or mapped, for writing: a read lease (fcntl(2), F_SETLEASE) is granted
 * only when nobody has. It is given back at once; a writer arriving in between waits for that moment.
 */
import { libc } from './libc.js';
import { E } from './system-error.js';

const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;
const SIGIO = 29;
const SIG_IGN = 1;

let signalIgnored = false;

/**
 * True: no writer at this moment. False: a writer, or a mapping one left behind. undefined: this file cannot be asked (not ours,
 * not a regular file, a filesystem without leases). The descriptor is open for reading only.
 */
export function settled(fd: number): boolean | undefined {
  const calls = libc();
  if (!signalIgnored) {
    // A writer arriving while the lease is held makes the kernel send SIGIO, whose default is to kill.
    calls.signal(SIGIO, SIG_IGN);
    signalIgnored = true;
  }
  if (calls.fcntl(fd, F_SETLEASE, F_RDLCK) === 0) {
    calls.fcntl(fd, F_SETLEASE, F_UNLCK);
    return true;
  }
  return calls.errno() === E.EAGAIN ? false : undefined;
}
