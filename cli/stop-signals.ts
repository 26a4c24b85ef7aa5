/**
 * SIGTERM, SIGINT and SIGHUP: the first asks for an orderly end, the second for one at once. A terminal that is
 * closed sends SIGHUP, often twice: that it is gone is said once.
 */

export const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

const NUMBERS: Readonly<Record<StopSignal, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** What a shell reports of a process that a signal ended. */
export function exitCodeOfSignal(signal: StopSignal): number {
  return 128 + NUMBERS[signal];
}

export interface StopSignals {
  /** Resolves at the first signal. */
  readonly first: Promise<StopSignal>;
  /** Resolves at the second. */
  readonly second: Promise<StopSignal>;
  /** Signals end the process again, as if nobody had listened. */
  release(): void;
}

export function listenForStop(source: NodeJS.EventEmitter = process): StopSignals {
  const waiting: ((signal: StopSignal) => void)[] = [];
  const first = new Promise<StopSignal>((resolve) => waiting.push(resolve));
  const second = new Promise<StopSignal>((resolve) => waiting.push(resolve));
  let isHungUp = false;
  const onSignal = (signal: StopSignal): void => {
    if (signal === 'SIGHUP' && isHungUp) return;
    isHungUp ||= signal === 'SIGHUP';
    waiting.shift()?.(signal);
  };
  for (const signal of STOP_SIGNALS) source.on(signal, onSignal);
  return {
    first,
    second,
    release: () => {
      for (const signal of STOP_SIGNALS) source.off(signal, onSignal);
    },
  };
}
