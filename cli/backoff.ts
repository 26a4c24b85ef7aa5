/** How long to wait before a process that died is started again. Pure. */

const FIRST = 100;
const LONGEST = 30_000;
/** One that ran this long has recovered from whatever it was. */
const RECOVERED = 60_000;

export interface Backoff {
  /** Milliseconds. */
  readonly wait: number;
}

/** @param lived milliseconds the process ran @param before the last answer; undefined at its first death */
export function nextBackoff(before: Backoff | undefined, lived: number): Backoff {
  if (before === undefined || lived >= RECOVERED) return { wait: FIRST };
  return { wait: Math.min(before.wait * 2, LONGEST) };
}
