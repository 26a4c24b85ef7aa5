/**
 * Several processes on one port (node:cluster). The first process serves nothing: it starts the others, starts
 * again what dies, and passes stop orders on. Workers obey their orders only: a terminal sends ^C, and systemd
 * SIGTERM, to every process of the group, which would be the second signal that forces.
 */
import cluster, { type Worker } from 'node:cluster';
import { type Backoff, nextBackoff } from './backoff.js';
import { Fault } from './fault.js';
import type { Log } from './log.js';
import { exitCodeOfSignal, STOP_SIGNALS, type StopSignals } from './stop-signals.js';

/** What a worker tells. */
export type Report =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'fault'; readonly message: string; readonly remedy: string | undefined };

/** The one order workers obey. */
const STOP = 'stop';

export interface Supervision {
  readonly workers: number;
  /** Further environment of the workers. */
  readonly env: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly signals: StopSignals;
  /** Called once, when the first worker serves. */
  readonly onReady: (port: number) => void;
  /** Of their command line. */
  readonly words: readonly string[];
}

/** Resolves when all workers are gone, after a stop order. @throws Fault when none could start */
export function supervise({ workers, env, log, signals, onReady, words }: Supervision): Promise<number> {
  let ready = false;
  let stopping = false;
  let code: number = 0;
  const timers = new Set<NodeJS.Timeout>();
  const serving = new Set<Worker>();

  cluster.setupPrimary({ args: [...words] });
  return new Promise((resolve, reject) => {
    const start = (slot: number, backoff: Backoff | undefined): void => {
      const worker = cluster.fork(env);
      const born = performance.now();
      worker.on('message', (report: Report) => {
        if (report.kind === 'ready') {
          serving.add(worker);
          log.info('worker serves', { worker: worker.process.pid });
        }
        if (report.kind === 'ready' && !ready) {
          ready = true;
          onReady(report.port);
        }
        if (report.kind === 'fault') fault(report);
      });
      worker.on('exit', (exitCode, signal) =>
        died(slot, worker, born, backoff, signal ?? `exit code ${exitCode}`),
      );
    };

    const fault = ({ message, remedy }: Extract<Report, { kind: 'fault' }>): void => {
      if (ready) return log.error(message, remedy === undefined ? {} : { fix: remedy });
      stopping = true;
      force(living());
      reject(new Fault(1, message, remedy));
    };

    const died = (
      slot: number,
      worker: Worker,
      born: number,
      before: Backoff | undefined,
      why: string,
    ): void => {
      serving.delete(worker);
      if (stopping) {
        if (living().length === 0) resolve(code);
        return;
      }
      const backoff = nextBackoff(before, performance.now() - born);
      log.error(`worker ended (${why}); starting it again`, { worker: worker.process.pid, in: backoff.wait });
      const timer = setTimeout(() => {
        timers.delete(timer);
        start(slot, backoff);
      }, backoff.wait);
      timers.add(timer);
    };

    const stop = (): void => {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      // One that does not serve yet has nothing to finish, and may not listen for orders yet.
      force(living().filter((worker) => !serving.has(worker)));
      for (const worker of serving) if (worker.isConnected()) worker.send(STOP);
      if (living().length === 0) resolve(code);
    };

    void signals.first.then((signal) => {
      log.info(`${signal}: finishing requests under way; once more ends them`);
      stop();
    });
    void signals.second.then((signal) => {
      code = exitCodeOfSignal(signal);
      force(living());
    });
    for (let slot = 0; slot < workers; slot++) start(slot, undefined);
  });
}

function living(): readonly Worker[] {
  return Object.values(cluster.workers ?? {}).filter(
    (worker) => worker !== undefined && !worker.isDead(),
  ) as Worker[];
}

function force(workers: readonly Worker[]): void {
  for (const worker of workers) worker.process.kill('SIGKILL');
}

export const isWorker: boolean = cluster.isWorker;

/** In a worker. A report that cannot be delivered is nobody's any more. */
export function report(what: Report): void {
  if (process.connected) process.send?.(what);
}

/** In a worker: resolves when it is told to stop, or the first process is gone. Signals are not for it. */
export function orders(): Promise<void> {
  for (const signal of STOP_SIGNALS) process.on(signal, () => undefined);
  return new Promise((resolve) => {
    process.on('message', (message: unknown) => {
      if (message === STOP) resolve();
    });
    process.on('disconnect', resolve);
  });
}

/** What of a failure a worker can tell. */
export function faultReport(error: unknown): Report {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'fault', message, remedy: error instanceof Fault ? error.remedy : undefined };
}
