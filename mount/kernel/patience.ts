/**
 * For how long to ask for the next request before falling asleep. A program that makes one call after the other
 * has the next one ready within microseconds of an answer, fewer than it takes to fall asleep and wake up; where
 * nobody is that quick, or the processors are busy with others, asking is wasted and soon given up. Pure.
 */

/** Below this it is not worth asking even once. */
const LEAST = 0.004;

export class Patience {
  readonly #most: number;
  #now: number;
  #asleepSince = -Infinity;

  /** @param most milliseconds, as all times here */
  constructor(most: number) {
    this.#most = most;
    this.#now = most;
  }

  /** For how long, from when there was nothing. 0: not at all. */
  get milliseconds(): number {
    return this.#now;
  }

  /** A request came while we asked. */
  rewarded(): void {
    this.#now = this.#most;
  }

  /** None came: from here on the thread sleeps. */
  exhausted(time: number): void {
    const half = this.#now / 2;
    this.#now = half < LEAST ? 0 : half;
    this.#asleepSince = time;
  }

  /** A request woke the thread. Had it come only a little earlier, asking would have been right. */
  woken(time: number): void {
    if (time - this.#asleepSince < this.#most) this.#now = this.#most;
  }
}
