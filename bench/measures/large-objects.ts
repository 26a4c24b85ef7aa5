/** Bodies of a gigabyte: down, up, by ranges and in parts. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BUCKET, startBucketree, startNginx, type Endpoint } from '../endpoint.js';
import { attempt, using, type Bench, type Measure } from '../measure.js';
import { judged, type Row, type Wanted } from '../table.js';

const GB = 1e9;
const KEY = 'large.bin';
const PART = 16 << 20;

function rated(bench: Bench, row: Omit<Row, 'unit'>, reference: number | undefined, wanted?: Wanted): void {
  const whole: Row = {
    ...row,
    unit: 'GB/s',
    ...(reference === undefined ? {} : { ratio: row.value / reference }),
  };
  bench.add(wanted === undefined || reference === undefined ? whole : judged(whole, wanted));
}

async function put(bench: Bench, endpoint: Endpoint): Promise<void> {
  await bench.load.ask('makeBucket', endpoint.target);
  const { large } = bench.options;
  await bench.load.ask('upload', {
    target: endpoint.target,
    key: KEY,
    bytes: large,
    times: 1,
    payload: 'presigned',
  });
}

const getLarge: Measure = {
  name: 'get-large',
  about: 'GET of a large object',
  async run(bench) {
    const { large } = bench.options;
    const what = `GET ${large >> 20} MiB`;
    const store = bench.store('get-large');
    await using(startBucketree(store, 'none', bench.options.flags), async (server) => {
      await put(bench, server);
      let reference: number | undefined;
      const nginx = await startNginx(store, bench.scratch);
      if (typeof nginx === 'string') bench.note(nginx);
      else {
        await using(Promise.resolve(nginx), async ({ target }) => {
          const { bytesPerSecond } = await bench.load.ask('download', {
            target,
            key: KEY,
            bytes: large,
            times: 5,
          });
          reference = bytesPerSecond;
          rated(bench, { measure: 'get-large', what, who: 'nginx', value: reference / GB }, reference / GB);
        });
      }
      for (const endpoint of [server, ...bench.peers]) {
        await attempt(bench, endpoint.name, async () => {
          if (endpoint !== server) await put(bench, endpoint);
          const { target, name } = endpoint;
          const { bytesPerSecond } = await bench.load.ask('download', {
            target,
            key: KEY,
            bytes: large,
            times: 5,
          });
          const base = reference === undefined ? undefined : reference / GB;
          const wanted = endpoint === server ? ({ ratioAtLeast: 1, of: 'nginx' } as const) : undefined;
          rated(bench, { measure: 'get-large', what, who: name, value: bytesPerSecond / GB }, base, wanted);
        });
      }
    });
  },
};

const ranges: Measure = {
  name: 'get-range',
  about: 'GET of 1 MiB ranges of a large object',
  async run(bench) {
    const { connections, seconds, large } = bench.options;
    const bytes = Math.min(large, 256 << 20);
    await using(startBucketree(bench.store('get-range'), 'none', bench.options.flags), async (server) => {
      for (const { target, name } of [server, ...bench.peers]) {
        await attempt(bench, name, async () => {
          await bench.load.ask('makeBucket', target);
          const key = 'ranged/0000000';
          await bench.load.ask('upload', { target, key, bytes, times: 1, payload: 'presigned' });
          const range = [bytes / 2 + 7, bytes / 2 + 6 + (1 << 20)] as const;
          const job = {
            target,
            method: 'GET',
            prefix: 'ranged/',
            keys: 1,
            connections,
            seconds,
            range,
          } as const;
          const { bytesPerSecond, failures, failure } = await bench.load.ask('rate', {
            ...job,
            warmUpSeconds: 1,
          });
          if (failures > 0) throw new Error(failure);
          rated(
            bench,
            { measure: 'get-range', what: 'GET ranges of 1 MiB', who: name, value: bytesPerSecond / GB },
            undefined,
          );
        });
      }
    });
  },
};

const putLarge: Measure = {
  name: 'put-large',
  about: 'PUT of a large object, presigned and with its SHA-256',
  async run(bench) {
    const { large } = bench.options;
    const md5 = await bench.load.ask('hashSpeed', { algorithm: 'md5', bytes: large });
    const sha = await bench.load.ask('hashSpeed', { algorithm: 'sha256', bytes: large });
    const disk = await bench.load.ask('diskSpeed', { directory: bench.scratch, bytes: large });
    const alone = md5.bytesPerSecond / GB;
    const references = { 'MD5 alone': md5, 'SHA-256 alone': sha, 'the disk with fsync': disk };
    for (const [who, { bytesPerSecond }] of Object.entries(references)) {
      rated(bench, { measure: 'put-large', what: 'references', who, value: bytesPerSecond / GB }, alone);
    }
    for (const durability of ['none', 'full'] as const) {
      await using(
        startBucketree(bench.store(`put-large-${durability}`), durability, bench.options.flags),
        async (server) => {
          const endpoints = durability === 'none' ? [server, ...bench.peers] : [server];
          for (const { target, name } of endpoints) {
            for (const payload of ['presigned', 'sha256'] as const) {
              const what = `PUT ${large >> 20} MiB, ${payload === 'presigned' ? 'presigned' : 'payload SHA-256'}`;
              await attempt(bench, `${name} ${what}`, async () => {
                await bench.load.ask('makeBucket', target);
                const job = { target, key: 'upload.bin', bytes: large, times: 3, payload } as const;
                const { bytesPerSecond } = await bench.load.ask('upload', job);
                const words = name === server.name ? `${what}, durability ${durability}` : what;
                const wanted =
                  name === server.name && durability === 'none'
                    ? ({ ratioAtLeast: 0.8, of: 'MD5 alone' } as const)
                    : undefined;
                rated(
                  bench,
                  { measure: 'put-large', what: words, who: name, value: bytesPerSecond / GB },
                  alone,
                  wanted,
                );
              });
            }
          }
        },
      );
      rmSync(join(bench.scratch, `put-large-${durability}`, BUCKET), { recursive: true, force: true });
    }
  },
};

const inParts: Measure = {
  name: 'multipart',
  about: 'a large object in parts of 16 MiB, and its Complete',
  async run(bench) {
    const { large } = bench.options;
    const what = `multipart ${large >> 20} MiB in parts of 16 MiB`;
    await using(startBucketree(bench.store('multipart'), 'none', bench.options.flags), async (server) => {
      for (const endpoint of [server, ...bench.peers]) {
        const { target, name } = endpoint;
        await attempt(bench, `${name} ${what}`, async () => {
          await bench.load.ask('makeBucket', target);
          const job = { target, bytes: large, partBytes: PART, connections: 4 };
          const runs = [];
          // New keys: a rename over a file makes ext4 write out what it replaces it with (auto_da_alloc).
          for (let time = 0; time < 3; time++) {
            runs.push(await bench.load.ask('multipart', { ...job, key: `parts-${time}.bin` }));
          }
          const value = Math.max(...runs.map(({ bytesPerSecond }) => bytesPerSecond)) / GB;
          rated(bench, { measure: 'multipart', what, who: name, value }, undefined);
          const completes = runs
            .map(({ completeMilliseconds }) => completeMilliseconds)
            .sort((a, b) => a - b);
          const row = {
            measure: 'multipart',
            what: 'its Complete',
            who: name,
            value: completes[1] ?? 0,
            unit: 'ms',
          } as const;
          bench.add(endpoint === server ? judged(row, { valueBelow: 10 }) : row);
        });
      }
    });
  },
};

export const largeObjects: readonly Measure[] = [getLarge, ranges, putLarge, inParts];
