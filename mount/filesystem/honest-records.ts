/**
 * Edits through the mount leave no record that says something untrue. A file that was open for writing loses its
 * entity tag and checksums when it is closed, unless its size and time prove that nothing was written; so does a file
 * whose time is set after its content moved on. A time set while the record is true is recorded: `touch` and `rsync -t`
 * keep the MD5. What the user said of the object stays.
 *
 * That the record was true right before the time was set is enough, also while somebody has the file open: every write
 * moves the time first, and the new time is one that no later write can give the file.
 */
import { isFile, type Stat, statFd } from '../../lib/os/stat.js';
import { coarseTimeNs, realtimeNs } from '../../lib/os/times.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { etagOf, type Inspection } from '../../lib/store/inspect.js';
import { describes, type Record, saysNothing, VOID } from '../../lib/store/record.js';
import { readRecordOf, removeRecord, writeRecord } from '../../lib/store/records.js';
import { racyFor } from '../../lib/store/stamp.js';
import type { Eventually } from '../../lib/store/store.js';
import { modificationTime } from '../../lib/store/volume.js';
import { changeHeld, keyOf } from './held-object.js';

/** What was known of a file before it was opened for writing, or its time was set. */
export interface Before {
  readonly stat: Stat;
  /** It had a record, and that was of its content. */
  readonly described: boolean;
  /** It had just been changed: another change might leave its ctime as it is. */
  readonly racy: boolean;
}

/** @param fd O_PATH or better, here and below: it stays open until what is returned has settled */
export function beforeEdit(bucket: Bucket, path: string | undefined, fd: number): Before {
  const now = coarseTimeNs();
  const stat = statFd(fd);
  const record = fileRecord(bucket, path, fd, stat);
  return {
    stat,
    described: record !== undefined && describes(record, stat),
    racy: racyFor(stat, bucket.volume.granularityNs, now) > 0n,
  };
}

/** At the last close of a descriptor that could be written through; also after truncating. */
export function afterEdit(
  bucket: Bucket,
  path: string | undefined,
  fd: number,
  before: Before,
): Eventually<void> {
  const stat = statFd(fd);
  if (stat.ctimeNs === before.stat.ctimeNs && !before.racy) return;
  const record = fileRecord(bucket, path, fd, stat);
  if (record === undefined || isVoid(record)) return;
  // One that was not true at the beginning and is now: somebody put the time back.
  if (before.described && describes(record, stat)) return;
  return changeHeld(bucket, path, fd, (found, key, readable) => {
    const now = found.record;
    if (now === undefined || (before.described && describes(now, found.stat))) return;
    voidRecord(bucket, key, readable, found, now);
  });
}

/** `'now'`, or one that no write can repeat, where a record is to keep up with it. */
export function timeToSet(bucket: Bucket, before: Before, mtimeNs: bigint | 'now'): bigint | 'now' {
  return mtimeNs === 'now' && before.described ? modificationTime(bucket.volume, realtimeNs()) : mtimeNs;
}

/**
 * After the modification time was set.
 * @param asked what the caller of utimensat(2) wanted
 */
export function afterTimes(
  bucket: Bucket,
  path: string | undefined,
  fd: number,
  before: Before,
  asked: bigint | 'now',
): Eventually<void> {
  const stat = statFd(fd);
  const record = fileRecord(bucket, path, fd, before.stat);
  if (record === undefined || isVoid(record)) return;
  if (before.described && stat.mtimeNs === before.stat.mtimeNs) return;
  const isOurs = asked === 'now';
  const isPast = stat.mtimeNs + bucket.volume.granularityNs <= coarseTimeNs();
  const keeps = before.described && (isOurs || isPast);
  return changeHeld(bucket, path, fd, (found, key, readable) => {
    // By the stamp it had: where records are kept by key, that of content long gone may have just the new time.
    const now = readRecordOf(bucket, key, fd, before.stat);
    if (now === undefined || isVoid(now)) return;
    const { size, mtimeNs } = found.stat;
    const isSame = mtimeNs === stat.mtimeNs && size === before.stat.size && describes(now, before.stat);
    if (keeps && isSame) write(bucket, key, readable, { ...now, fingerprint: { size, mtimeNs } });
    else if (!describes(now, found.stat) || !before.described) voidRecord(bucket, key, readable, found, now);
  });
}

function fileRecord(bucket: Bucket, path: string | undefined, fd: number, stat: Stat): Record | undefined {
  return isFile(stat) ? readRecordOf(bucket, keyOf(path, stat), fd, stat) : undefined;
}

function isVoid({ fingerprint, checksums, parts }: Record): boolean {
  const { size, mtimeNs } = VOID;
  return (
    fingerprint.size === size &&
    fingerprint.mtimeNs === mtimeNs &&
    checksums.length === 0 &&
    parts === undefined
  );
}

function voidRecord(bucket: Bucket, key: string, fd: number, found: Inspection, record: Record): void {
  if (saysNothing(record)) return removeRecord(bucket, key, fd);
  write(bucket, key, fd, {
    ...record,
    fingerprint: VOID,
    etag: etagOf(found),
    checksums: [],
    parts: undefined,
  });
}

/** Alone: where records are kept by key, the one before would come back to life with its time. */
function write(bucket: Bucket, key: string, fd: number, record: Record): void {
  writeRecord(bucket, key, fd, record, bucket.volume.attributes ? fd : undefined).finish();
}
