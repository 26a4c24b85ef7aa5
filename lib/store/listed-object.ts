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
import type { ListedObject, ObjectInfo } from './model.js';
import { describes, PLAIN, type Record } from './record.js';
import { readRecordAt } from './records.js';
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
}

/** undefined: it has gone, or something else than a file stands there by now. */
export function listedFile(at: ListedAt): ListedObject | undefined {
  let stat = tryStatAt(at.directory, at.name);
  for (let attempt = 0; stat !== undefined && attempt < ATTEMPTS; attempt++) {
    if (!isFile(stat)) return isSymlink(stat) ? listedLink(at) : undefined;
    const record = readRecordAt(at.bucket, at.key, at.directory, at.name, stat);
    if (record?.kind === 'file' && describes(record, stat)) return ofRecord(at.key, stat, record);
    // The record may be that of a file that came in between; the same stamp again says that it is not.
    const again = tryStatAt(at.directory, at.name);
    if (again !== undefined && sameStamp(stat, again)) return ofStat(at, stat, record);
    stat = again;
  }
  return stat === undefined || !isFile(stat) ? undefined : ofStat(at, stat, undefined);
}

/** @param record that of the directory; undefined: somebody else's, empty */
export function listedDirectory(key: string, stat: Stat, record: Record | undefined): ListedObject {
  const modified = milliseconds(record === undefined ? stat.mtimeNs : record.fingerprint.mtimeNs);
  const { storageClass } = record ?? PLAIN;
  return {
    kind: 'object',
    key,
    size: 0,
    modified,
    etag: EMPTY_ETAG,
    storageClass,
    ...checksumOf(record?.checksums ?? []),
  };
}

/** Whether a directory is a key of its own, as HEAD decides it. */
export function isDirectoryObject(record: Record | undefined, empty: boolean): boolean {
  return record === undefined ? empty : record.kind === 'directory';
}

function ofRecord(key: string, stat: Stat, record: Record): ListedObject {
  const { etag, storageClass, checksums } = record;
  const modified = milliseconds(stat.mtimeNs);
  const object = { kind: 'object', key, size: stat.size, modified, etag, storageClass } as const;
  return checksums.length === 0 ? object : { ...object, ...checksumOf(checksums) };
}

function ofStat({ bucket, key, nowNs }: ListedAt, stat: Stat, record: Record | undefined): ListedObject {
  const isRacy = racyFor(stat, bucket.volume.granularityNs, nowNs) > 0n;
  const etag = opaqueEtag(stat, isRacy ? `racy ${process.hrtime.bigint()}` : '');
  const { storageClass } = record ?? PLAIN;
  return { kind: 'object', key, size: stat.size, modified: milliseconds(stat.mtimeNs), etag, storageClass };
}

/** Links are followed only where the bucket says so, and the name was taken for what it leads to. */
function listedLink({ bucket, key }: ListedAt): ListedObject | undefined {
  if (!bucket.options.followSymlinks) return undefined;
  try {
    const inspection = inspect(bucket, key);
    if (inspection === undefined) return undefined;
    try {
      const { size, modified, etag, storageClass, checksums } = infoOf(key as ObjectKey, inspection);
      return { kind: 'object', key, size, modified, etag, storageClass, ...checksumOf(checksums) };
    } finally {
      if (inspection.fd !== undefined) closeFd(inspection.fd);
    }
  } catch (error) {
    if (isErrno(error, 'AccessDenied')) return undefined;
    throw error;
  }
}

/** A listing has room for one algorithm. */
function checksumOf([first]: ObjectInfo['checksums']): Pick<
  ListedObject,
  'checksumAlgorithm' | 'checksumType'
> {
  return first === undefined ? {} : { checksumAlgorithm: first.algorithm, checksumType: first.type };
}
