/** What the machine can do alone: one thread hashing, and the disk. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Throughput } from './transfer.js';

export async function hashSpeed(job: {
  readonly algorithm: 'md5' | 'sha256';
  readonly bytes: number;
}): Promise<Throughput> {
  const block = Buffer.alloc(1 << 20, 'hashed alone ');
  const hash = createHash(job.algorithm);
  const began = performance.now();
  for (let done = 0; done < job.bytes; done += block.length) hash.update(block);
  hash.digest();
  return { bytesPerSecond: (job.bytes / (performance.now() - began)) * 1000 };
}

/** One file written in blocks of 1 MiB and synced. */
export async function diskSpeed(job: {
  readonly directory: string;
  readonly bytes: number;
}): Promise<Throughput> {
  const block = Buffer.alloc(1 << 20, 'written alone ');
  const path = join(job.directory, 'disk-reference');
  const began = performance.now();
  const fd = openSync(path, 'w');
  for (let done = 0; done < job.bytes; done += block.length) writeSync(fd, block);
  fsyncSync(fd);
  closeSync(fd);
  const bytesPerSecond = (job.bytes / (performance.now() - began)) * 1000;
  rmSync(path);
  return { bytesPerSecond };
}

/** Files of 4 KiB a second, each synced and its directory too, so many at a time. */
export async function syncSpeed(job: {
  readonly directory: string;
  readonly together: number;
  readonly files: number;
}): Promise<{ readonly perSecond: number }> {
  const at = join(job.directory, 'sync-reference');
  mkdirSync(at);
  const body = Buffer.alloc(4096, 'synced alone ');
  const parent = await open(at, 'r');
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: job.together }, async () => {
      while (next < job.files) {
        const file = await open(join(at, String(next++)), 'w');
        await file.write(body);
        await file.sync();
        await file.close();
        await parent.sync();
      }
    }),
  );
  const perSecond = (job.files / (performance.now() - began)) * 1000;
  await parent.close();
  rmSync(at, { recursive: true });
  return { perSecond };
}
