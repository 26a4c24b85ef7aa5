/**
 * Waiting for whoever is in the middle of saving a file, so that nobody is served an empty or half-written one:
 * up to a second for the close of a file that changed within the last second, and the few milliseconds until
 * the stamp of one just changed can vouch for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForClose } from '../os/close-watch.js';
import { settled } from '../os/lease.js';
import type { Stat } from '../os/stat.js';
import { realtimeNs } from '../os/times.js';
import type { Bucket } from './bucket.js';
import { inspect, type Inspection, isHonest } from './inspect.js';
import { close } from './publish.js';

const PATIENCE_MS = 1000;
const RECENT_NS = 1_000_000_000n;
/**
 * A tick of the kernel's clock is worth waiting for, two seconds of FAT's are not. A virtual machine that waits for
 * a processor ticks late: change times, which are exact on newer kernels, are then ahead of the clock's last tick.
 */
const SHORT_NS = 100_000_000n;
/** After a close the kernel may take a moment to let go of the file. */
const PROBES = 5;

/** `inspect`, as soon as the object has come to rest, or after a second. The caller closes `fd`. */
export async function inspectQuiet(bucket: Bucket, key: string): Promise<Inspection | undefined> {
  const until = Date.now() + PATIENCE_MS;
  for (let probes = 0; ;) {
    const found = inspect(bucket, key);
    if (found?.fd === undefined || isHonest(found)) return found;
    const left = until - Date.now();
    if (left <= 0) return found;
    if (found.settled === false && changedRecently(found.stat)) {
      const closed = await closing(found, found.fd, left);
      if (closed && probes++ < PROBES) await sleep(1);
      else if (!closed) return inspect(bucket, key);
    } else if (found.racyNs > 0n && found.racyNs <= SHORT_NS) {
      close(found);
      await sleep(Number(found.racyNs / 1_000_000n) + 1);
    } else {
      return found;
    }
  }
}

/** Within the last second, or, by a clock that is ahead of ours, in the future. */
function changedRecently(stat: Pick<Stat, 'mtimeNs'>): boolean {
  return realtimeNs() - stat.mtimeNs < RECENT_NS;
}

/** Resolves true after a close; `found` is given up. */
async function closing(found: Inspection, fd: number, milliseconds: number): Promise<boolean> {
  const missed = new AbortController();
  try {
    const closed = waitForClose(`/proc/self/fd/${fd}`, milliseconds, missed.signal);
    // Closed between the inspection and the watch: nothing more would come.
    if (settled(fd) !== false) {
      missed.abort();
      await closed;
      return true;
    }
    return await closed;
  } finally {
    close(found);
  }
}
