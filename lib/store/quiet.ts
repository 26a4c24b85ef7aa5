/**
 * Waiting for whoever is in the middle of saving a file, so that nobody is served an empty or half-written one:
 * up to a second for the close of a file that changed within the last second, and the few milliseconds until
 * the stamp of one just changed can vouch for it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForClose } from '../os/close-watch.js';
import { realtimeNs } from '../os/times.js';
import type { Bucket } from './bucket.js';
import { inspect, type Inspection, isHonest } from './inspect.js';
import { close } from './publish.js';

const PATIENCE_MS = 1000;
const RECENT_NS = 1_000_000_000n;
/** A tick of the kernel's clock is worth waiting for, two seconds of FAT's are not. */
const SHORT_NS = 20_000_000n;
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
    if (found.settled === false && changedRecently(found)) {
      const closed = await closing(found.fd, left).finally(() => close(found));
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

function changedRecently({ stat }: Inspection): boolean {
  return realtimeNs() - stat.mtimeNs < RECENT_NS;
}

function closing(fd: number, milliseconds: number): Promise<boolean> {
  return waitForClose(`/proc/self/fd/${fd}`, milliseconds);
}
