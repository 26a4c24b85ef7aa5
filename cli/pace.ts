/** Keeps reading below a rate, so that a scrub leaves the disk to others. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Waiting less than this is not worth a timer. */
const LEAST = 20;

/**
 * @param rate bytes a second; undefined or 0: as fast as it goes
 * @param now milliseconds, monotonic
 * @returns to be called with every block that was read; waits while that was too fast
 */
export function createPace(
  rate: number | undefined,
  now: () => number = () => performance.now(),
  wait: (milliseconds: number) => Promise<unknown> = sleep,
): (bytes: number) => void | Promise<void> {
  if (rate === undefined || rate === 0) return () => undefined;
  let due = now();
  return (bytes) => {
    // Time in which nothing was read is not saved up for a burst.
    due = Math.max(due, now()) + (bytes / rate) * 1000;
    const ahead = due - now();
    return ahead < LEAST ? undefined : wait(ahead).then(() => undefined);
  };
}
