/**
 * PutObject with `x-amz-write-offset-bytes`: bytes added to the end of an object, in its file. The one write that
 * is not built beside and renamed: it is done under the key's lock, synced before the record says so, and taken
 * back when it fails.
 */
import { createHash } from 'node:crypto';
import type { Checksum, ChecksumAlgorithm } from '../checksum.js';
import { StoreError } from '../errors.js';
import { combineCrc, type CrcAlgorithm } from '../hash/combine.js';
import type { ObjectKey } from '../names.js';
import { copyRange, truncate } from '../os/copy.js';
import { syncFd, syncFdNow } from '../os/fsync.js';
import { closeFd, O, writeFd } from '../os/open.js';
import { reopen } from '../os/reopen.js';
import { statFd } from '../os/stat.js';
import { realtimeNs, setModified } from '../os/times.js';
import type { Bucket } from './bucket.js';
import { infoOf, inspect, type Inspection, isHonest } from './inspect.js';
import { withKeys } from './locks.js';
import type { ObjectInfo } from './model.js';
import { pathPlace } from './paths.js';
import { check, close, infoOfRecord, publish } from './publish.js';
import { inspectQuiet } from './quiet.js';
import type { Record } from './record.js';
import { writeRecord } from './records.js';
import { sameFile } from './stamp.js';
import type { PutRequest } from './store.js';
import { recordOf } from './tags.js';
import { dropTemporary, makeTemporary, type Temporary } from './temporary.js';
import { copyInTurns } from './turns.js';
import { modificationTime } from './volume.js';

/** What is to be added: in memory, or in a temporary file, which stays the caller's to drop. */
export interface Appendix {
  readonly content: Uint8Array | Temporary;
  readonly size: number;
  /** 32 hex digits. */
  readonly md5: string;
}

const MOST_APPENDS = 10_000;
/** How often others may put another object there meanwhile. */
const ATTEMPTS = 10;

/**
 * @param offset the object's size; 0 creates it, with the request's attributes
 * @param request its checksums are those of what is added
 * @throws StoreError InvalidOffset, TooManyParts, PreconditionFailed, AccessDenied
 */
export async function append(
  bucket: Bucket,
  key: ObjectKey,
  appendix: Appendix,
  offset: number,
  request: PutRequest,
): Promise<ObjectInfo> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await inspectQuiet(bucket, key);
    try {
      const info = await appendTo(bucket, key, found, appendix, offset, request);
      if (info !== undefined) return info;
    } finally {
      close(found);
    }
  }
  throw new StoreError('Conflict', `${key}: others keep changing it`, { key });
}

/** @returns undefined when something else stands there by now */
async function appendTo(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection | undefined,
  appendix: Appendix,
  offset: number,
  request: PutRequest,
): Promise<ObjectInfo | undefined> {
  checkOffset(key, found, offset);
  if (found === undefined || found.place.directory) return create(bucket, key, found, appendix, request);
  const { fd, stat } = found;
  if (fd === undefined) throw new StoreError('AccessDenied', `${key}: the file cannot be read`, { key });
  const record = appended(recordOf(key, found), isHonest(found) || offset === 0, offset, appendix, request);
  return stat.nlink === 1
    ? extend(bucket, key, found, fd, appendix, record, request)
    : extendCopy(bucket, key, found, fd, appendix, record, request);
}

function checkOffset(key: string, found: Inspection | undefined, offset: number): void {
  const size = found === undefined || found.place.directory ? 0 : found.stat.size;
  if (offset === size) return;
  throw new StoreError(
    'InvalidOffset',
    'The write offset value that you specified does not match the current object size.',
    {
      key,
      size,
      offset,
    },
  );
}

/** Nothing is there: an object as PutObject makes it. */
async function create(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection | undefined,
  appendix: Appendix,
  { attributes, checksums, conditions }: PutRequest,
): Promise<ObjectInfo | undefined> {
  const temporary = makeTemporary(bucket, pathPlace(key)?.parent ?? '');
  try {
    add(appendix, temporary.fd, 0);
    const content = { temporary, attributes, etag: appendix.md5, checksums, parts: undefined };
    const still =
      found === undefined && conditions.ifMatch === undefined ? { ifNoneMatch: '*' as const } : {};
    return await publish(bucket, key, content, { ...conditions, ...still });
  } catch (error) {
    const came = error instanceof StoreError && error.code === 'PreconditionFailed';
    if (came && conditions.ifNoneMatch === undefined && found === undefined) return undefined;
    throw error;
  } finally {
    dropTemporary(bucket, temporary);
  }
}

function add({ content, size }: Appendix, to: number, offset: number): void {
  if (content instanceof Uint8Array) writeFd(to, content, 0, size, offset);
  else copyRange(content.fd, 0, to, offset, size);
}

/** The record of the longer object, its fingerprint to be filled in. @param known what the record says is true */
function appended(
  record: Record,
  known: boolean,
  offset: number,
  appendix: Appendix,
  request: PutRequest,
): Record {
  const pieces = Number(record.etag.split('-')[1] ?? '1') + 1;
  if (pieces > MOST_APPENDS) {
    throw new StoreError(
      'TooManyParts',
      `An object has at most ${MOST_APPENDS} parts: copy it onto itself to go on`,
    );
  }
  const digest = createHash('md5').update(`${record.etag} ${offset} ${appendix.md5}`).digest('hex');
  const checksums = known ? combinedWith(record.checksums, offset, appendix.size, request.checksums) : [];
  return { ...record, etag: `${digest}-${pieces}`, checksums, parts: undefined };
}

/** Of the whole, where both pieces have the same CRC. */
function combinedWith(
  before: readonly Checksum[],
  offset: number,
  size: number,
  added: readonly Checksum[],
): Checksum[] {
  if (offset === 0) return added.filter(({ type }) => type === 'FULL_OBJECT');
  return before.flatMap(({ algorithm, type, value }) => {
    const other = added.find((checksum) => checksum.algorithm === algorithm);
    if (type !== 'FULL_OBJECT' || other?.type !== 'FULL_OBJECT' || !isCrc(algorithm)) return [];
    const whole = combineCrc(
      algorithm,
      Buffer.from(value, 'base64'),
      Buffer.from(other.value, 'base64'),
      size,
    );
    return [{ algorithm, type, value: whole.toString('base64') }];
  });
}

function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcAlgorithm {
  return algorithm === 'CRC32' || algorithm === 'CRC32C' || algorithm === 'CRC64NVME';
}

async function extend(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection,
  fd: number,
  appendix: Appendix,
  record: Record,
  request: PutRequest,
): Promise<ObjectInfo | undefined> {
  let writable: number | undefined;
  try {
    const info = withKeys(bucket, [key], () => {
      const now = inspect(bucket, key);
      try {
        check(key, request.conditions, now);
        if (now === undefined || !isSame(now, found)) return undefined;
        // Not before: a file open for writing has no entity tag that a condition could name.
        writable = reopen(fd, O.RDWR | O.NOCTTY);
        return extendNow(bucket, key, writable, now, appendix, record);
      } finally {
        close(now);
      }
    });
    if (writable !== undefined && bucket.options.durability === 'full') await syncFd(writable);
    return info;
  } finally {
    if (writable !== undefined) closeFd(writable);
  }
}

function isSame(now: Inspection, found: Inspection): boolean {
  return (
    sameFile(now.stat, found.stat) &&
    now.stat.size === found.stat.size &&
    now.stat.mtimeNs === found.stat.mtimeNs &&
    now.stat.nlink === 1
  );
}

/** Under the key's lock. */
function extendNow(
  bucket: Bucket,
  key: ObjectKey,
  fd: number,
  { stat }: Inspection,
  appendix: Appendix,
  record: Record,
): ObjectInfo {
  try {
    add(appendix, fd, stat.size);
    if (bucket.options.durability !== 'none') syncFdNow(fd);
    setModified(fd, modificationTime(bucket.volume, realtimeNs()));
    const { size, mtimeNs } = statFd(fd);
    const written = { ...record, fingerprint: { size, mtimeNs } };
    writeRecord(bucket, key, fd, written, fd).finish();
    return infoOfRecord(key, written);
  } catch (error) {
    truncate(fd, stat.size);
    setModified(fd, stat.mtimeNs);
    throw error;
  }
}

/** A file with other hard links: they keep theirs, this name gets a longer file of its own. */
async function extendCopy(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection,
  fd: number,
  appendix: Appendix,
  record: Record,
  { conditions }: PutRequest,
): Promise<ObjectInfo | undefined> {
  const { etag } = infoOf(key, found);
  const { size } = found.stat;
  check(key, conditions, found);
  const temporary = makeTemporary(bucket, found.place.parent);
  try {
    await copyInTurns(fd, 0, temporary.fd, 0, size);
    add(appendix, temporary.fd, size);
    const { etag: longer, checksums } = record;
    const content = { temporary, attributes: record, etag: longer, checksums, parts: undefined };
    return await publish(bucket, key, content, { ifMatch: [etag] });
  } catch (error) {
    if (error instanceof StoreError && ['PreconditionFailed', 'NoSuchKey'].includes(error.code))
      return undefined;
    throw error;
  } finally {
    dropTemporary(bucket, temporary);
  }
}
