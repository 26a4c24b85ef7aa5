/**
 * One object as a listing tells it: what HEAD would say, from a stat and the record by name, without opening
 * the file. Whether somebody is writing is not asked here, so a listing is a hint and HEAD the answer.
 */
import { closeFd } from '../os/open.js';
import { isFile, isSymlink, type Stat, tryStatAt } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { ObjectKey } from '../names.js';
import type { Bucket } from './bucket.js';
import { EMPTY_ETAG, opaqueEtag } from './etag.js';
import { infoOf, inspect } from './inspect.js';
import type { KnownEtag, KnownEtags } from './known-etags.js';
import type { ListedObject, ObjectInfo } from './model.js';
import { describes, PLAIN, type Record } from './record.js';
import { readAttributeRecordAt, readRecordAt } from './records.js';
import { milliseconds, racyFor, sameStamp } from './stamp.js';

/** Somebody keeps replacing the file: what was seen last is told. */
const ATTEMPTS = 4;

/** Where a file stands, and as which key it lists. */
export interface ListedAt {
  readonly bucket: Bucket;
  /** The directory, open. */
  readonly directory: number;
  readonly name: string;
  readonly key: string;
  /** When the listing began, by the filesystem's clock. */
  readonly nowNs: bigint;
  readonly known: KnownEtags;
}

/** undefined: it has gone, or something else than a file stands there by now. */
export function listedFile(at: ListedAt): ListedObject | undefined {
  return at.known.missed && at.bucket.volume.attributes ? recordFirst(at) : statFirst(at);
}

/**
 * One look at each, for files nobody knows yet. A stamp at rest since before the listing began says that what
 * was read before it is of the same content: renaming, linking and writing attributes move the change time.
 */
function recordFirst(at: ListedAt): ListedObject | undefined {
  const record = readAttributeRecordAt(at.bucket, at.directory, at.name);
  const stat = tryStatAt(at.directory, at.name);
  if (stat === undefined) return undefined;
  if (!isFile(stat) || stat.dev !== at.bucket.dev || isRacy(at, stat)) return statFirst(at);
  const known = at.known.get(stat);
  if (known !== undefined) return ofStat(at.key, stat, known);
  return isOf(record, stat) ? ofRecord(at, stat, record) : ofStranger(at, stat, record);
}

function statFirst(at: ListedAt): ListedObject | undefined {
  let stat = tryStatAt(at.directory, at.name);
  for (let attempt = 0; stat !== undefined && isFile(stat); attempt++) {
    const known = at.known.get(stat);
    if (known !== undefined) return ofStat(at.key, stat, known);
    const record = readRecordAt(at.bucket, at.key, at.directory, at.name, stat);
    if (isOf(record, stat)) return ofRecord(at, stat, record);
    // The record may be that of a file that came in between; the same stamp again says that it is not.
    const again = tryStatAt(at.directory, at.name);
    const isSettled = again !== undefined && sameStamp(stat, again);
    if (isSettled || attempt === ATTEMPTS) return ofStranger(at, stat, isSettled ? record : undefined);
    stat = again;
  }
  return stat !== undefined && isSymlink(stat) ? listedLink(at) : undefined;
}

function isOf(record: Record | undefined, stat: Stat): record is Record {
  return record?.kind === 'file' && describes(record, stat);
}

/** @param record that of the directory; undefined: somebody else's, empty */
export function listedDirectory(key: string, stat: Stat, record: Record | undefined): ListedObject {
  const object = ofStat(key, stat, aboutOf(EMPTY_ETAG, record?.checksums ?? []), record?.storageClass);
  return { ...object, size: 0, modified: milliseconds(record?.fingerprint.mtimeNs ?? stat.mtimeNs) };
}

/** Whether a directory is a key of its own, as HEAD decides it. */
export function isDirectoryObject(record: Record | undefined, empty: boolean): boolean {
  return record === undefined ? empty : record.kind === 'directory';
}

function ofStat(
  key: string,
  { size, mtimeNs }: Stat,
  { etag, checksumAlgorithm, checksumType }: KnownEtag,
  storageClass: string = PLAIN.storageClass,
): ListedObject {
  const modified = milliseconds(mtimeNs);
  // Members one by one: spreading costs more than the stat.
  return checksumAlgorithm === undefined || checksumType === undefined
    ? { kind: 'object', key, size, modified, etag, storageClass }
    : { kind: 'object', key, size, modified, etag, storageClass, checksumAlgorithm, checksumType };
}

function ofRecord(at: ListedAt, stat: Stat, { etag, storageClass, checksums }: Record): ListedObject {
  const about = aboutOf(etag, checksums);
  if (storageClass === PLAIN.storageClass && !isRacy(at, stat)) remember(at, stat, about);
  return ofStat(at.key, stat, about, storageClass);
}

/** @param record of other content: what the user said still holds */
function ofStranger(at: ListedAt, stat: Stat, record: Record | undefined): ListedObject {
  if (isRacy(at, stat)) {
    const etag = opaqueEtag(stat, `racy ${process.hrtime.bigint()}`);
    return ofStat(at.key, stat, { etag }, record?.storageClass);
  }
  const about = { etag: opaqueEtag(stat) };
  if (record === undefined) remember(at, stat, about);
  return ofStat(at.key, stat, about, record?.storageClass);
}

function isRacy({ bucket, nowNs }: ListedAt, stat: Stat): boolean {
  return racyFor(stat, bucket.volume.granularityNs, nowNs) > 0n;
}

/** An attribute cannot change without the stamp; a sidecar on a filesystem without attributes can. */
function remember({ bucket, known }: ListedAt, stat: Stat, about: KnownEtag): void {
  if (bucket.volume.attributes && stat.dev === bucket.dev) known.set(stat, about);
}

/** Links are followed only where the bucket says so, and the name was taken for what it leads to. */
function listedLink({ bucket, key }: ListedAt): ListedObject | undefined {
  if (!bucket.options.followSymlinks) return undefined;
  try {
    const inspection = inspect(bucket, key);
    if (inspection === undefined) return undefined;
    try {
      const { size, modified, etag, storageClass, checksums } = infoOf(key as ObjectKey, inspection);
      return { kind: 'object', key, size, modified, storageClass, ...aboutOf(etag, checksums) };
    } finally {
      if (inspection.fd !== undefined) closeFd(inspection.fd);
    }
  } catch (error) {
    if (isErrno(error, 'AccessDenied')) return undefined;
    throw error;
  }
}

/** A listing has room for one algorithm. */
function aboutOf(etag: string, [first]: ObjectInfo['checksums']): KnownEtag {
  return first === undefined
    ? { etag }
    : { etag, checksumAlgorithm: first.algorithm, checksumType: first.type };
}
