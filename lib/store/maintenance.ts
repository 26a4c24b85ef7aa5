/**
 * Reading what is stored, object by object: to record the MD5 and CRC64NVME of files that came from elsewhere, and to find
 * content that is not what was recorded. Beside a running service: what changes meanwhile is left alone, and a
 * record is written under the key's lock, after another look.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareHashes } from '../hash/wasm.js';
import type { BucketName, ObjectKey } from '../names.js';
import { StoreError, toStoreError } from '../errors.js';
import { syncFd } from '../os/fsync.js';
import { readFd } from '../os/open.js';
import type { Bucket } from './bucket.js';
import { Buckets } from './buckets.js';
import { attributeOf, isUntouched } from './verify.js';
import { type Compared, startFixity } from './fixity.js';
import { inspect, type Inspection, isHonest } from './inspect.js';
import { KnownEtags } from './known-etags.js';
import { type Listing, listObjects } from './listing.js';
import { withKeys } from './locks.js';
import type { StoreOptions } from './options.js';
import { close } from './publish.js';
import { PLAIN, type Record } from './record.js';
import { writeRecord } from './records.js';
import { Snapshots } from './snapshots.js';
import { sameStamp } from './stamp.js';
import { standing } from './locate.js';

/**
 * - known: nothing to do, its digests are recorded already
 * - recorded: its MD5 and CRC64NVME are recorded now
 * - same, differs: the content is, or is not, what was recorded
 * - unrecorded: nothing of its content is recorded
 * - busy: somebody is writing it, or changed it meanwhile
 * - unreadable, gone: as they say
 */
export type Verdict =
  'known' | 'recorded' | 'same' | 'differs' | 'unrecorded' | 'busy' | 'unreadable' | 'gone';

export interface Examined {
  readonly verdict: Verdict;
  /** Bytes of content read. */
  readonly read: number;
  /** What differs, when it does. */
  readonly differences: readonly Compared[];
  /** differs: the record was made anew from the content. */
  readonly repaired: boolean;
}

export interface ExamineOptions {
  /** verify: read what has a record, and compare. index: read what has none, and record. */
  readonly purpose: 'index' | 'verify';
  /** verify: record what was found where it differs. */
  readonly repair: boolean;
  /** Called with each block's size; resolves when the next may be read. */
  readonly pace: (bytes: number) => void | Promise<void>;
}

export interface Maintenance {
  buckets(): readonly BucketName[];
  /** In listing order, a page at a time. @param after only what sorts behind it */
  objects(
    bucket: BucketName,
    prefix: string,
    after: string,
  ): { readonly entries: readonly Listed[]; readonly truncated: boolean };
  /** @throws StoreError InputOutput: the disk fails */
  examine(bucket: BucketName, key: ObjectKey, options: ExamineOptions): Promise<Examined>;
  close(): void;
}

export interface Listed {
  readonly key: ObjectKey;
  readonly size: number;
}

const PAGE = 1000;
const BLOCK = 1024 * 1024;
/** Milliseconds: the coarsest clock ticks every two seconds. A time in the future may be far away. */
const LONGEST_WAIT = 2100;

export async function openMaintenance(options: StoreOptions): Promise<Maintenance> {
  await prepareHashes();
  const buckets = new Buckets(options);
  const bytes = options.cacheBytes / 8;
  const listing: Listing = {
    snapshots: new Snapshots({ maxBytes: bytes }),
    known: new KnownEtags({ maxBytes: bytes }),
    report: () => undefined,
  };
  return {
    buckets: () => buckets.list().map(({ name }) => name),
    objects: (name, prefix, after) => {
      const page = listObjects(buckets.get(name), { prefix, delimiter: '', after, limit: PAGE }, listing);
      const entries = page.entries.flatMap((entry) =>
        // A listing lists keys only; each was checked when it was made of a path.
        entry.kind === 'object' ? [{ key: entry.key as ObjectKey, size: entry.size }] : [],
      );
      return { entries, truncated: page.truncated };
    },
    examine: async (name, key, how) => {
      const bucket = buckets.get(name);
      const found = await inspectAtRest(bucket, key);
      try {
        return found === undefined ? nothing('gone') : await examine(bucket, key, found, how);
      } catch (error) {
        throw toStoreError(error, `read ${bucket.directory}: ${key}`);
      } finally {
        close(found);
      }
    },
    close: () => buckets.close(),
  };
}

/** A file changed so recently that its stamp cannot vouch for it is worth the two seconds until it can. */
async function inspectAtRest(bucket: Bucket, key: ObjectKey): Promise<Inspection | undefined> {
  const until = performance.now() + LONGEST_WAIT;
  for (;;) {
    const found = inspect(bucket, key);
    if (found === undefined || isHonest(found) || found.settled === false || found.racyNs === 0n)
      return found;
    const wait = Number(found.racyNs / 1_000_000n) + 1;
    if (performance.now() + wait > until) return found;
    close(found);
    await sleep(wait);
  }
}

function nothing(verdict: Verdict): Examined {
  return { verdict, read: 0, differences: [], repaired: false };
}

async function examine(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection,
  how: ExamineOptions,
): Promise<Examined> {
  const { fd, stat, record, place } = found;
  if (place.directory || stat.size === 0) return nothing('known');
  if (fd === undefined) return nothing('unreadable');
  if (found.settled === false || (found.racyNs > 0n && !isHonest(found))) return nothing('busy');
  const honest = isHonest(found) ? record : undefined;
  const described =
    honest !== undefined &&
    (!isOpaque(honest.etag) || honest.parts !== undefined || honest.checksums.length > 0);
  if (how.purpose === 'index' && described) return nothing('known');
  if (how.purpose === 'verify' && !described) return nothing('unrecorded');

  const fixity = startFixity(honest);
  const before = {
    fd,
    stat,
    attribute: attributeOf(fd),
    name: () => standing(bucket, place.parent, place.name),
  };
  const block = Buffer.allocUnsafe(Math.min(BLOCK, stat.size));
  let read = 0;
  while (read < stat.size) {
    const count = readFd(fd, block, 0, Math.min(block.length, stat.size - read), read);
    if (count === 0) return { ...nothing('busy'), read };
    fixity.update(block.subarray(0, count));
    read += count;
    const pause = how.pace(count);
    if (pause !== undefined) await pause;
  }
  const { md5, crc64nvme, compared } = fixity.finish();
  const digests = { etag: md5, checksums: [crc64nvme] };
  if (!isUntouched(before)) return { ...nothing('busy'), read };
  if (how.purpose === 'index') {
    const written = await rewrite(bucket, key, found, fd, digests);
    return { ...nothing(written ? 'recorded' : 'busy'), read };
  }
  if (compared.length === 0) return { ...nothing('unrecorded'), read };
  const differences = compared.filter((one) => one.recorded !== one.found);
  if (differences.length === 0) return { ...nothing('same'), read };
  const repaired = how.repair && (await rewrite(bucket, key, found, fd, digests));
  return { verdict: 'differs', read, differences, repaired };
}

/** `-1` without parts: what files from elsewhere are given, no digest of anything. */
function isOpaque(etag: string): boolean {
  return etag.endsWith('-1');
}

/** Records the digests with what the user said of the object. @returns false when it changed meanwhile */
async function rewrite(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection,
  fd: number,
  digests: Pick<Record, 'etag' | 'checksums'>,
): Promise<boolean> {
  if (bucket.options.readOnly) throw new StoreError('ReadOnly', 'This store is served read-only.');
  const { stat } = found;
  const { system, user, tags, storageClass } = found.record ?? PLAIN;
  const record = {
    system,
    user,
    tags,
    storageClass,
    kind: 'file' as const,
    fingerprint: { size: stat.size, mtimeNs: stat.mtimeNs },
    ...digests,
    parts: undefined,
  };
  const written = withKeys(bucket, [key], () => {
    const now = inspect(bucket, key);
    try {
      // The stamp vouches for the content only while nobody is writing.
      if (now === undefined || now.settled === false || !sameStamp(now.stat, stat)) return false;
      writeRecord(bucket, key, fd, record, fd).finish();
      return true;
    } finally {
      close(now);
    }
  });
  if (written && bucket.options.durability === 'full') await syncFd(fd);
  return written;
}
