/** Values that are there at once, as nearly always, or later: without a promise where none is needed. */
import type { Eventually } from '../../lib/store/store.js';

export function andThen<T, U>(value: Eventually<T>, next: (value: T) => Eventually<U>): Eventually<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** Runs `end` when the work is over, whatever became of it. */
export function ending<T>(work: () => T, end: () => void): T {
  let later = false;
  try {
    const result = work();
    if (!(result instanceof Promise)) return result;
    later = true;
    return result.finally(end) as T;
  } finally {
    if (!later) end();
  }
}

/** Runs `failed` when the work threw, or what it returned was rejected. */
export function onFailure<T>(work: () => Eventually<T>, failed: () => void): Eventually<T> {
  try {
    const result = work();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      failed();
      throw error;
    });
  } catch (error) {
    failed();
    throw error;
  }
}
