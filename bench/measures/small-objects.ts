/** Signed requests for objects of 4 KiB: reading hot and cold, and writing at each durability. */
import { startBare, startBucketree, type Durability, type Endpoint } from '../endpoint.js';
import type { RateJob, RateResult } from '../load/rate.js';
import { attempt, using, type Bench, type Measure } from '../measure.js';
import { judged, type Wanted } from '../table.js';

const SIZE = 4096;
const KEYS = 4000;
const COLD_KEYS = 20_000;

type Kind = Pick<RateJob, 'method' | 'prefix' | 'keys'> & Partial<RateJob>;

async function measured(bench: Bench, endpoint: Endpoint, kind: Kind): Promise<RateResult> {
  const { connections, seconds } = bench.options;
  const result = await bench.load.ask('rate', {
    target: endpoint.target,
    connections,
    ...(kind.seconds === undefined && kind.warmUpSeconds !== 0 ? { seconds, warmUpSeconds: 1 } : {}),
    ...kind,
  });
  if (result.failures > 0)
    bench.note(`${endpoint.name} ${kind.method}: ${result.failures} failed: ${result.failure}`);
  return result;
}

/** Puts the keys there, each once. */
async function fill(bench: Bench, endpoint: Endpoint, prefix: string, keys: number): Promise<void> {
  await bench.load.ask('makeBucket', endpoint.target);
  const { connections } = bench.options;
  const job = { target: endpoint.target, method: 'PUT', prefix, keys, connections, bodyBytes: SIZE } as const;
  const { failures, failure } = await bench.load.ask('rate', job);
  if (failures > 0) throw new Error(`filling: ${failure}`);
}

function report(
  bench: Bench,
  measure: string,
  what: string,
  who: string,
  result: RateResult,
  reference: number | undefined,
  wanted?: Wanted,
): void {
  const row = {
    measure,
    what,
    who,
    value: result.perSecond,
    unit: 'req/s',
    ...(reference === undefined ? {} : { ratio: result.perSecond / reference }),
    note: `p50 ${result.median.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms`,
  } as const;
  bench.add(wanted === undefined ? row : judged(row, wanted));
}

function reading(name: string, method: 'GET' | 'HEAD', wanted?: Wanted): Measure {
  const what = `signed ${method} 4 KiB, ${KEYS} keys`;
  return {
    name,
    about: what,
    async run(bench) {
      const hot: Kind = { method, prefix: 'hot/', keys: KEYS };
      const reference: Partial<Record<string, number>> = {};
      for (const kind of ['koa', 'http'] as const) {
        await using(startBare(kind), async (bare) => {
          const result = await measured(bench, bare, hot);
          reference[kind] = result.perSecond;
          report(bench, name, what, bare.name, result, reference['koa'] ?? undefined);
        });
      }
      const koa = reference['koa'];
      const store = bench.store(name);
      await using(startBucketree(store, 'none', bench.options.flags), async (server) => {
        await fill(bench, server, 'hot/', KEYS);
        await fill(bench, server, 'cold/', COLD_KEYS);
        // The fresh files of the last ticks are not remembered yet.
        await new Promise((resolve) => setTimeout(resolve, 2500));
        report(bench, name, what, server.name, await measured(bench, server, hot), koa, wanted);
      });
      await using(startBucketree(store, 'none', bench.options.flags), async (server) => {
        const cold = await measured(bench, server, {
          method,
          prefix: 'cold/',
          keys: COLD_KEYS,
          warmUpSeconds: 0,
        });
        report(bench, name, `${what}: each for the first time`, server.name, cold, koa);
      });
      for (const peer of bench.peers) {
        await attempt(bench, peer.name, async () => {
          await fill(bench, peer, 'hot/', KEYS);
          report(bench, name, what, peer.name, await measured(bench, peer, hot), koa);
        });
      }
    },
  };
}

const PUT_WANTED: Readonly<Record<Durability, Wanted | undefined>> = {
  none: { ratioAtLeast: 0.15, of: 'bare Koa draining' },
  data: undefined,
  full: { ratioAtLeast: 0.08, of: 'bare Koa draining' },
};

export const smallObjects: readonly Measure[] = [
  reading('get-4k', 'GET', { ratioAtLeast: 0.45, of: 'bare Koa' }),
  reading('head-4k', 'HEAD'),
  {
    name: 'put-4k',
    about: 'signed PUT 4 KiB at each durability',
    async run(bench) {
      const keys = Math.round((bench.options.seconds + 1) * 12_000);
      const put: Kind = { method: 'PUT', prefix: 'put/', keys, bodyBytes: SIZE };
      const what = 'signed PUT 4 KiB';
      let koa: number | undefined;
      for (const kind of ['koa', 'http'] as const) {
        await using(startBare(kind), async (bare) => {
          const result = await measured(bench, bare, put);
          if (kind === 'koa') koa = result.perSecond;
          report(bench, 'put-4k', `${what}, drained`, bare.name, result, koa);
        });
      }
      for (const together of [1, 16]) {
        const job = { directory: bench.scratch, together, files: together * 300 };
        const { perSecond } = await bench.load.ask('syncSpeed', job);
        const words = `4 KiB synced with its directory, ${together} at a time`;
        bench.add({ measure: 'put-4k', what: words, who: 'the disk', value: perSecond, unit: 'req/s' });
      }
      for (const durability of ['none', 'data', 'full'] as const) {
        for (const unsignedPayload of durability === 'none' ? [false, true] : [false]) {
          const words = `${what}, durability ${durability}${unsignedPayload ? ', payload unsigned' : ''}`;
          await attempt(bench, words, () =>
            using(
              startBucketree(bench.store(`put-${durability}`), durability, bench.options.flags),
              async (server) => {
                const result = await measured(bench, server, { ...put, unsignedPayload });
                report(bench, 'put-4k', words, server.name, result, koa, PUT_WANTED[durability]);
              },
            ),
          );
        }
      }
      for (const peer of bench.peers) {
        await attempt(bench, peer.name, async () => {
          await bench.load.ask('makeBucket', peer.target);
          report(bench, 'put-4k', what, peer.name, await measured(bench, peer, put), koa);
        });
      }
    },
  },
];
