/** SIGTERM and SIGINT: the first asks for an orderly end, the second for one at once. */

export type StopSignal = 'SIGTERM' | 'SIGINT';

const NUMBERS: Readonly<Record<StopSignal, number>> = { SIGINT: 2, SIGTERM: 15 };

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
  const onSignal = (signal: StopSignal): void => waiting.shift()?.(signal);
  const signals: readonly StopSignal[] = ['SIGTERM', 'SIGINT'];
  for (const signal of signals) source.on(signal, onSignal);
  return {
    first,
    second,
    release: () => {
      for (const signal of signals) source.off(signal, onSignal);
    },
  };
}
