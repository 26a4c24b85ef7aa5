/** Listings of many keys, deletion of a thousand, start and memory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUCKET, residentBytes, startBucketree, type Endpoint } from '../endpoint.js';
import { keyOf } from '../load/rate.js';
import { attempt, using, type Bench, type Measure } from '../measure.js';
import { judged, type Row } from '../table.js';

const MANY = 100_000;
const MB = 1e6;

/** Files as somebody else would have made them. */
function makeFiles(store: string, prefix: string, tree: boolean, count: number): void {
  const made = new Set<string>();
  for (let number = 0; number < count; number++) {
    const path = join(store, BUCKET, keyOf({ prefix, tree }, number));
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!made.has(parent)) {
      mkdirSync(parent, { recursive: true });
      made.add(parent);
    }
    writeFileSync(path, 'listed');
  }
}

async function putMany(bench: Bench, { target }: Endpoint, prefix: string, tree: boolean): Promise<void> {
  await bench.load.ask('makeBucket', target);
  const job = { target, method: 'PUT', prefix, tree, keys: MANY, bodyBytes: 6 } as const;
  const { failures, failure } = await bench.load.ask('rate', {
    ...job,
    connections: bench.options.connections,
  });
  if (failures > 0) throw new Error(failure);
}

async function listed(
  bench: Bench,
  endpoint: Endpoint,
  shape: string,
  prefix: string,
  ours: boolean,
): Promise<void> {
  const { target, name } = endpoint;
  const what = `LIST ${MANY.toLocaleString('en-US')} keys, ${shape}`;
  const result = await bench.load.ask('list', { target, prefix, keys: MANY });
  const add = (row: Row, judge: (row: Row) => Row = (same) => same): void =>
    bench.add(ours ? judge(row) : row);
  const row = { measure: 'list', who: name } as const;
  add({ ...row, what: `${what}, for the first time`, value: result.coldSeconds, unit: 's' }, (found) =>
    judged(found, { valueBelow: 1 }),
  );
  add({ ...row, what: `${what}, again`, value: result.seconds, unit: 's' }, (found) =>
    judged(found, { valueBelow: 1 }),
  );
  add({ ...row, what: `${what}: first page`, value: result.firstPage, unit: 'ms' });
  add(
    {
      ...row,
      what: `${what}: last page`,
      value: result.lastPage,
      unit: 'ms',
      ratio: result.lastPage / result.firstPage,
    },
    (found) => judged(found, { ratioAtMost: 1.5, of: 'the first' }),
  );
}

export const listings: readonly Measure[] = [
  {
    name: 'list',
    about: 'LIST of 100,000 keys, flat and deep, by pages of 1,000',
    async run(bench) {
      const store = bench.store('list');
      makeFiles(store, 'flat/', false, MANY);
      makeFiles(store, 'deep/', true, MANY);
      await using(startBucketree(store, 'none', bench.options.flags), async (server) => {
        for (const endpoint of [server, ...bench.peers]) {
          for (const [shape, prefix, tree] of [
            ['flat', 'flat/', false],
            ['deep', 'deep/', true],
          ] as const) {
            await attempt(bench, `${endpoint.name} LIST ${shape}`, async () => {
              if (endpoint !== server) await putMany(bench, endpoint, prefix, tree);
              await listed(bench, endpoint, shape, prefix, endpoint === server);
            });
          }
        }
      });
    },
  },
  {
    name: 'delete',
    about: 'DeleteObjects of 1,000 keys',
    async run(bench) {
      await using(startBucketree(bench.store('delete'), 'none', bench.options.flags), async (server) => {
        for (const { target, name } of [server, ...bench.peers]) {
          await attempt(bench, `${name} delete`, async () => {
            await bench.load.ask('makeBucket', target);
            const keys = { target, prefix: 'gone/', keys: 1000 };
            const { connections } = bench.options;
            await bench.load.ask('rate', { ...keys, method: 'PUT', bodyBytes: 4096, connections });
            const { milliseconds } = await bench.load.ask('deleteMany', keys);
            bench.add({
              measure: 'delete',
              what: 'delete 1,000 by one request',
              who: name,
              value: milliseconds,
              unit: 'ms',
            });
          });
        }
      });
    },
  },
  {
    name: 'start',
    about: 'start on 100,000 files, and idle memory',
    async run(bench) {
      const store = bench.store('start');
      makeFiles(store, 'flat/', false, MANY);
      const starts: number[] = [];
      for (let time = 0; time < 3; time++) {
        await using(
          startBucketree(store, 'none', bench.options.flags),
          async ({ startMilliseconds, process }) => {
            starts.push(startMilliseconds ?? Number.NaN);
            if (time < 2) return;
            await new Promise((resolve) => setTimeout(resolve, 3000));
            const value = residentBytes(process?.pid ?? 0) / MB;
            bench.add(
              judged(
                { measure: 'start', what: 'memory, idle', who: 'bucketree', value, unit: 'MB' },
                { valueBelow: 100 },
              ),
            );
          },
        );
      }
      starts.sort((a, b) => a - b);
      const row = {
        measure: 'start',
        what: 'start on 100,000 files',
        who: 'bucketree',
        value: (starts[1] ?? 0) / 1000,
        unit: 's',
      } as const;
      bench.add(judged(row, { valueBelow: 0.5 }));
    },
  },
  {
    name: 'memory',
    about: 'memory under 50 uploads of 64 MiB at once, and with --million after a listing',
    async run(bench) {
      await using(startBucketree(bench.store('memory'), 'none', bench.options.flags), async (server) => {
        let peak = 0;
        const watch = setInterval(() => {
          peak = Math.max(peak, residentBytes(server.process?.pid ?? 0));
        }, 100);
        const job = { target: server.target, prefix: 'up/', bytes: 64 << 20, uploads: 50 };
        const { bytesPerSecond } = await bench.load
          .ask('manyUploads', job)
          .finally(() => clearInterval(watch));
        const what = 'memory, 50 uploads of 64 MiB at once';
        const note = `at ${(bytesPerSecond / 1e9).toFixed(2)} GB/s`;
        bench.add({ measure: 'memory', what, who: server.name, value: peak / MB, unit: 'MB', note });
      });
      if (!bench.options.million) return;
      const keys = 1_000_000;
      const store = bench.store('million');
      makeFiles(store, 'flat/', false, keys);
      await using(startBucketree(store, 'none', bench.options.flags), async (server) => {
        const result = await bench.load.ask('list', { target: server.target, prefix: 'flat/', keys });
        const value = residentBytes(server.process?.pid ?? 0) / MB;
        const row = { measure: 'memory', who: server.name } as const;
        bench.add({
          ...row,
          what: 'LIST 1,000,000 keys, for the first time',
          value: result.coldSeconds,
          unit: 's',
        });
        bench.add({ ...row, what: 'memory after it', value, unit: 'MB' });
      });
    },
  },
];
