/** Many small requests, signed before the clock starts, over kept connections without pipelining. */
import { createHash } from 'node:crypto';
import { EMPTY_SHA256, UNSIGNED } from '../sign.js';
import { Connection } from './connection.js';
import { requestHead, type Target } from './target.js';

export interface RateJob {
  readonly target: Target;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Keys are `prefix` and a number of six digits from `first` on; with `fanout`, spread over a tree. */
  readonly prefix: string;
  readonly first?: number;
  readonly keys: number;
  readonly tree?: boolean;
  readonly connections: number;
  /** Stop after this long; absent: when every key was asked once. */
  readonly seconds?: number;
  /** Not counted. */
  readonly warmUpSeconds?: number;
  readonly bodyBytes?: number;
  readonly unsignedPayload?: boolean;
  /** Inclusive bounds of a Range. */
  readonly range?: readonly [number, number];
}

export interface RateResult {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly bytesPerSecond: number;
  readonly failures: number;
  /** The first unwelcome reply. */
  readonly failure: string | undefined;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

export function keyOf(job: Pick<RateJob, 'prefix' | 'tree'>, number: number): string {
  const name = String(number).padStart(7, '0');
  return job.tree === true
    ? `${job.prefix}${name.slice(0, 3)}/${name.slice(3, 5)}/${name.slice(5)}`
    : job.prefix + name;
}

/** Runs it. Every reply is checked for its status. */
export async function rate(job: RateJob): Promise<RateResult> {
  const body = job.bodyBytes === undefined ? undefined : Buffer.alloc(job.bodyBytes, 'a body of the bench ');
  const payload =
    job.unsignedPayload === true
      ? UNSIGNED
      : body === undefined
        ? EMPTY_SHA256
        : createHash('sha256').update(body).digest('hex');
  const date = new Date();
  const requests: Buffer[] = [];
  for (let number = 0; number < job.keys; number++) {
    const head = requestHead(
      job.target,
      {
        method: job.method,
        key: keyOf(job, (job.first ?? 0) + number),
        payload,
        ...(body === undefined ? {} : { length: body.length }),
        ...(job.range === undefined ? {} : { headers: { range: `bytes=${job.range[0]}-${job.range[1]}` } }),
      },
      date,
    );
    requests.push(head);
  }
  const wanted = job.range !== undefined ? 206 : job.method === 'DELETE' ? 204 : 200;
  const noBody = job.method === 'HEAD';
  const connections = Array.from(
    { length: job.connections },
    () => new Connection(job.target.host, job.target.port),
  );
  const once = job.seconds === undefined;
  let next = 0;
  let counted = 0;
  let bytes = 0;
  let failures = 0;
  let failure: string | undefined;
  let latencies: number[] = [];
  let began = performance.now();
  let over = false;

  const drive = (connection: Connection): Promise<void> =>
    new Promise((resolve, reject) => {
      const step = (): void => {
        if (over || (once && next >= requests.length)) {
          resolve();
          return;
        }
        const head = requests[next++ % requests.length] as Buffer;
        const sent = performance.now();
        connection.send(
          [body === undefined ? head : Buffer.concat([head, body])],
          { noBody },
          (reply) => {
            counted++;
            bytes += reply.size;
            if ((counted & 7) === 0) latencies.push(performance.now() - sent);
            if (reply.status !== wanted) {
              failures++;
              failure ??= `${reply.status}: ${reply.head.slice(0, 200)}`;
            }
            step();
          },
          reject,
        );
      };
      step();
    });

  const timers: NodeJS.Timeout[] = [];
  if (job.seconds !== undefined) {
    const warmUp = (job.warmUpSeconds ?? 0) * 1000;
    timers.push(
      setTimeout(() => {
        counted = 0;
        bytes = 0;
        latencies = [];
        began = performance.now();
      }, warmUp),
      setTimeout(() => (over = true), warmUp + job.seconds * 1000),
    );
  }
  await Promise.all(connections.map(drive)).finally(() => {
    for (const timer of timers) clearTimeout(timer);
    for (const connection of connections) connection.close();
  });
  const seconds = (performance.now() - began) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return {
    requests: counted,
    seconds,
    perSecond: counted / seconds,
    bytesPerSecond: bytes / seconds,
    failures,
    failure,
    median: at(0.5),
    p99: at(0.99),
  };
}
