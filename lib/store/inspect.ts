/**
 * Everything there is to say of one object, taken through one descriptor so that it belongs together: stamp,
 * record, whether anybody is writing, and from these the answer to HEAD.
 */
import { closeFd, O, openAt } from '../os/open.js';
import { reopen } from '../os/reopen.js';
import { settled } from '../os/lease.js';
import { isErrno } from '../os/system-error.js';
import { isDirectory, type Stat, statFd } from '../os/stat.js';
import { coarseTimeNs } from '../os/times.js';
import { readNamesList } from '../os/names.js';
import type { ObjectKey } from '../names.js';
import type { Bucket } from './bucket.js';
import { contentTypeOf } from './content-type.js';
import { EMPTY_ETAG, opaqueEtag } from './etag.js';
import { RESERVED } from './layout.js';
import { locateAt } from './locate.js';
import type { ObjectInfo } from './model.js';
import { hiddenPlace, pathPlace, type Place } from './paths.js';
import { describes, PLAIN, type Record } from './record.js';
import { readRecord } from './records.js';
import { milliseconds, racyFor } from './stamp.js';

export interface Inspection {
  readonly place: Place;
  readonly stat: Stat;
  /** Open for reading; undefined when we may not read the file. The caller closes it. */
  readonly fd: number | undefined;
  readonly record: Record | undefined;
  /** Nobody has it open for writing or mapped so; undefined when that cannot be asked. */
  readonly settled: boolean | undefined;
  /** Nanoseconds until its stamp can vouch for its content; 0 when it can. */
  readonly racyNs: bigint;
}

/** The object `key` names; undefined when there is none. The caller closes `fd`. */
export function inspect(bucket: Bucket, key: string): Inspection | undefined {
  const path = pathPlace(key);
  const found = path === undefined ? undefined : inspectAt(bucket, key, path);
  return found ?? inspectAt(bucket, key, hiddenPlace(key));
}

/** What of the object `key` stands at one of its places. */
export function inspectAt(bucket: Bucket, key: string, place: Place): Inspection | undefined {
  const located = locateAt(bucket, place);
  if (located === undefined) return undefined;
  try {
    return place.directory
      ? inspectDirectory(bucket, key, place, located.fd)
      : inspectFile(bucket, key, place, located.fd);
  } finally {
    closeFd(located.fd);
  }
}

/**
 * What a descriptor holds, O_PATH too, wherever its name leads by now. A directory is told of whether or not it is
 * an object. The caller closes `fd`.
 * @param key '' when its name is no key
 */
export function inspectHeld(bucket: Bucket, key: string, pathFd: number): Inspection {
  const place = pathPlace(key) ?? hiddenPlace(key);
  if (!isDirectory(statFd(pathFd))) return inspectFile(bucket, key, { ...place, directory: false }, pathFd);
  const fd = reopen(pathFd, O.RDONLY | O.DIRECTORY);
  try {
    const stat = statFd(fd);
    const record = readRecord(bucket, key, fd, stat);
    return {
      place: { ...place, kind: 'path', directory: true },
      stat,
      fd,
      record,
      settled: true,
      racyNs: 0n,
    };
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

function inspectFile(bucket: Bucket, key: string, place: Place, pathFd: number): Inspection {
  const fd = openForReading(pathFd);
  // The clock before the stat, or a change after it could still carry its tick; the lease after it, or a writer
  // could come between the two, move the time once, and go on writing under a stamp that then holds.
  const now = coarseTimeNs();
  if (fd === undefined) {
    const stat = statFd(pathFd);
    return { place, stat, fd, record: undefined, settled: undefined, racyNs: racy(bucket, stat, now) };
  }
  try {
    const stat = statFd(fd);
    const record = readRecord(bucket, key, fd, stat);
    return { place, stat, fd, record, settled: settled(fd), racyNs: racy(bucket, stat, now) };
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** `a/` is an object when `PUT a/` made it one, or when somebody else's directory is empty. */
function inspectDirectory(bucket: Bucket, key: string, place: Place, pathFd: number): Inspection | undefined {
  const fd = openAt(pathFd, '.', O.RDONLY | O.DIRECTORY);
  const stat = statFd(fd);
  const record = readRecord(bucket, key, fd, stat);
  if (record?.kind === 'directory' || (record === undefined && isEmpty(fd))) {
    return { place, stat, fd, record, settled: true, racyNs: 0n };
  }
  closeFd(fd);
  return undefined;
}

/** Of an open directory: what nobody's door shows does not count. */
export function isEmpty(fd: number): boolean {
  return readNamesList(fd).every(({ name }) => name.toString('latin1') === RESERVED);
}

function racy(bucket: Bucket, stat: Stat, nowNs: bigint): bigint {
  return racyFor(stat, bucket.volume.granularityNs, nowNs);
}

/** The same inode, opened through its descriptor: what was found to be a file cannot become a FIFO meanwhile. */
function openForReading(pathFd: number): number | undefined {
  try {
    return reopen(pathFd, O.RDONLY | O.NONBLOCK | O.NOCTTY);
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/** Whether the recorded entity tag, checksums and parts are those of the content as it is. */
export function isHonest(inspection: Inspection): boolean {
  const { record, stat, settled: quiet } = inspection;
  return record !== undefined && record.kind === 'file' && describes(record, stat) && quiet !== false;
}

export function infoOf(key: ObjectKey, inspection: Inspection): ObjectInfo {
  const { record, stat } = inspection;
  const said = record ?? PLAIN;
  const about = {
    key,
    system: said.system,
    user: said.user,
    tags: said.tags,
    storageClass: said.storageClass,
    contentType: said.system.contentType ?? contentTypeOf(key),
  };
  if (isDirectory(stat)) {
    const modified = milliseconds(record === undefined ? stat.mtimeNs : record.fingerprint.mtimeNs);
    return { ...about, size: 0, modified, etag: EMPTY_ETAG, checksums: record?.checksums ?? [] };
  }
  const content = { ...about, size: stat.size, modified: milliseconds(stat.mtimeNs) };
  if (record === undefined || !isHonest(inspection)) {
    return { ...content, etag: etagOf(inspection), checksums: [] };
  }
  const { etag, checksums, parts } = record;
  return parts === undefined ? { ...content, etag, checksums } : { ...content, etag, checksums, parts };
}

/** The entity tag, without quotes. */
export function etagOf(inspection: Inspection): string {
  const { record, stat } = inspection;
  if (isDirectory(stat)) return EMPTY_ETAG;
  if (record !== undefined && isHonest(inspection)) return record.etag;
  return opaqueEtag(stat, saltOf(inspection));
}

/** What the stamp cannot vouch for goes into the opaque tag, so that it never says "unchanged" wrongly. */
function saltOf({ settled: quiet, racyNs }: Inspection): string {
  return `${quiet === false ? 'open' : ''}${racyNs > 0n ? `racy ${process.hrtime.bigint()}` : ''}`;
}
