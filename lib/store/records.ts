/**
 * Reading and writing the record of one object. It is one attribute on the inode, read only through the
 * descriptor being served. What does not fit goes first into an immutable sidecar that the attribute names.
 * On a filesystem without attributes a sidecar named after the key holds the record before and the record
 * after a change, and the content's own fingerprint tells which is meant, whatever instant a crash chose.
 */
import { hash, randomBytes } from 'node:crypto';
import { getAttribute, getAttributeAt, removeAttribute, setAttribute } from '../os/attributes.js';
import { getAttributeOf } from '../os/path-attributes.js';
import { closeFd, O, openAt, readFd, tryOpenBeneath, writeFd } from '../os/open.js';
import { renameAt, unlinkAt } from '../os/link.js';
import { syncFdNow } from '../os/fsync.js';
import { statFd } from '../os/stat.js';
import { isErrno } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { ATTRIBUTE, SIDECARS } from './layout.js';
import { hiddenPlace } from './paths.js';
import { describes, type Record } from './record.js';
import { decodeRecord, type DecodedRecord, encodeRecord } from './record-codec.js';
import type { Stamp } from './stamp.js';

/** A sidecar with 10,000 parts and their checksums is 0.9 MB. */
const LARGEST_SIDECAR = 4 * 1024 * 1024;

/** The filesystem has room for attributes, but not for this one (setxattr(2)). */
const DOES_NOT_FIT = ['ENOSPC', 'E2BIG', 'ERANGE', 'EDQUOT'] as const;

/**
 * The record of the object `key` behind `fd` (open for reading); undefined when it has none.
 * @param stamp what a stat of `fd` says: chooses between the two records of a sidecar
 */
export function readRecord(bucket: Bucket, key: string, fd: number, stamp: Stamp): Record | undefined {
  if (!bucket.volume.attributes) return chosen(readSidecar(bucket, sidecarOfKey(key)), stamp)?.record;
  return fromAttribute(bucket, () => getAttribute(fd, ATTRIBUTE));
}

/**
 * The record of the file `name` in a directory, without opening the file, for listings; undefined when it has
 * none or we may not read it. The caller makes sure that `stamp` is still that of the file at that name.
 */
export function readRecordAt(
  bucket: Bucket,
  key: string,
  directory: number,
  name: string,
  stamp: Stamp,
): Record | undefined {
  if (!bucket.volume.attributes) return chosen(readSidecar(bucket, sidecarOfKey(key)), stamp)?.record;
  return readAttributeRecordAt(bucket, directory, name);
}

/** As readRecordAt, in a bucket on a filesystem with attributes, where it takes no stamp to tell. */
export function readAttributeRecordAt(bucket: Bucket, directory: number, name: string): Record | undefined {
  try {
    return fromAttribute(bucket, () => getAttributeAt(directory, name, ATTRIBUTE));
  } catch (error) {
    // Gone, or not ours to read.
    if (isErrno(error, 'ENOENT', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
}

/**
 * The record on the inode that a descriptor holds, which may be O_PATH; undefined when it has none.
 * @param key '' when its name is no key
 */
export function readRecordOf(bucket: Bucket, key: string, pathFd: number, stamp: Stamp): Record | undefined {
  if (!bucket.volume.attributes) return chosen(readSidecar(bucket, sidecarOfKey(key)), stamp)?.record;
  return fromAttribute(bucket, () => getAttributeOf(pathFd, ATTRIBUTE));
}

function fromAttribute(bucket: Bucket, read: () => Buffer | undefined): Record | undefined {
  let bytes: Buffer | undefined;
  try {
    bytes = read();
  } catch (error) {
    // A filesystem without attributes, mounted inside a bucket on one that has them.
    if (isErrno(error, 'EOPNOTSUPP')) return undefined;
    throw error;
  }
  const decoded = bytes === undefined ? undefined : decodeRecord(bytes);
  return decoded === undefined ? undefined : complete(bucket, decoded);
}

/** The whole record, from the sidecar where the attribute names one. */
export function complete(bucket: Bucket, decoded: DecodedRecord): Record {
  if (decoded.rest === undefined) return decoded.record;
  return readSidecar(bucket, decoded.rest)[0]?.record ?? decoded.record;
}

/** Of the records before and after a change, the one that describes the content; else the latest. */
export function chosen(records: readonly DecodedRecord[], stamp: Stamp): DecodedRecord | undefined {
  return records.find(({ record }) => describes(record, stamp)) ?? records[0];
}

/** What a change of an object leaves behind once it is published. */
export interface RecordWrite {
  /** After publishing: drops the sidecar of what was replaced. */
  finish(): void;
  /** Instead of publishing: drops the sidecar that was written. */
  undo(): void;
}

const NOTHING: RecordWrite = { finish: () => undefined, undo: () => undefined };

/**
 * Writes the record for the content behind `fd`, which is about to be published as `key`, or already is.
 * @param replaced the descriptor of the object it replaces (the same `fd` when only the record changes)
 */
export function writeRecord(
  bucket: Bucket,
  key: string,
  fd: number,
  record: Record,
  replaced: number | undefined,
): RecordWrite {
  if (!bucket.volume.attributes) return writeKeySidecar(bucket, key, fd, record, replaced);
  const old = replaced === undefined ? undefined : restOf(replaced);
  const finish = (): void => {
    // Another hard link of what was replaced still needs its sidecar.
    if (old !== undefined && (replaced === fd || isUnlinked(replaced))) removeSidecar(bucket, old);
  };
  try {
    setAttribute(fd, ATTRIBUTE, encodeRecord(record));
    return { finish, undo: NOTHING.undo };
  } catch (error) {
    if (!isErrno(error, ...DOES_NOT_FIT)) throw error;
  }
  const rest = randomBytes(16).toString('hex');
  writeSidecar(bucket, rest, [encodeRecord(record)]);
  const undo = (): void => removeSidecar(bucket, rest);
  try {
    setAttribute(fd, ATTRIBUTE, encodeRecord(record, rest));
    return { finish, undo };
  } catch (error) {
    undo();
    throw error;
  }
}

/** After an object is gone: its sidecar, if it had one. `fd` is the descriptor of what was removed, O_PATH will do. */
export function dropRecord(bucket: Bucket, key: string, fd: number | undefined): void {
  if (!bucket.volume.attributes) return removeSidecar(bucket, sidecarOfKey(key));
  const rest = fd !== undefined && isUnlinked(fd) ? restOf(fd) : undefined;
  if (rest !== undefined) removeSidecar(bucket, rest);
}

/** The file stays and its record goes. `fd` is open for reading. */
export function removeRecord(bucket: Bucket, key: string, fd: number): void {
  if (!bucket.volume.attributes) return removeSidecar(bucket, sidecarOfKey(key));
  const rest = restOf(fd);
  removeAttribute(fd, ATTRIBUTE);
  if (rest !== undefined) removeSidecar(bucket, rest);
}

function isUnlinked(fd: number | undefined): boolean {
  return fd !== undefined && statFd(fd).nlink === 0;
}

function restOf(fd: number): string | undefined {
  try {
    const bytes = attributeOf(fd);
    return bytes === undefined ? undefined : decodeRecord(bytes)?.rest;
  } catch {
    return undefined; // an unreadable file: nothing of ours to drop
  }
}

function attributeOf(fd: number): Buffer | undefined {
  try {
    return getAttribute(fd, ATTRIBUTE);
  } catch (error) {
    if (isErrno(error, 'EBADF')) return getAttributeOf(fd, ATTRIBUTE); // O_PATH
    throw error;
  }
}

/** Names under `metadata/`: 32 hex digits for an attribute's rest, `k` and the key's hex for a key's records. */
export function sidecarOfKey(key: string): string {
  const { path } = hiddenPlace(key);
  return `k${path.slice(path.indexOf('/keys/') + '/keys/'.length).replaceAll('/', '-')}`;
}

function writeKeySidecar(
  bucket: Bucket,
  key: string,
  fd: number,
  record: Record,
  replaced: number | undefined,
): RecordWrite {
  const name = sidecarOfKey(key);
  const there = readSidecar(bucket, name);
  const before = replaced === undefined ? undefined : chosen(there, statFd(replaced));
  // Where only the record changes there is no content that the one before is still needed for: but a directory and the
  // file that stands before it under `keys/` share a sidecar.
  const isFile = record.kind === 'file';
  const kept = replaced === fd ? there.find((other) => (other.record.kind === 'file') !== isFile) : before;
  const encoded = encodeRecord(record);
  writeSidecar(bucket, name, kept === undefined ? [encoded] : [encoded, encodeRecord(kept.record)]);
  return {
    finish: () => undefined,
    undo: () => {
      // Nothing was to be replaced, and yet there was a record: of somebody who publishes at the same time.
      const earlier = before === undefined ? there : [before];
      if (earlier.length === 0) removeSidecar(bucket, name);
      else
        writeSidecar(
          bucket,
          name,
          earlier.map((one) => encodeRecord(one.record)),
        );
    },
  };
}

/** Whole and synced, or not there: it is written beside its name and renamed. */
function writeSidecar(bucket: Bucket, name: string, records: readonly Buffer[]): void {
  const directory = bucket.openOwn(SIDECARS);
  const temporary = `${randomBytes(8).toString('hex')}.new`;
  try {
    const fd = openAt(directory, temporary, O.WRONLY | O.CREAT | O.EXCL, 0o600);
    try {
      const bytes = Buffer.concat(records.flatMap((record) => [lengthOf(record), record]));
      writeFd(fd, bytes, 0, bytes.length, 0);
      if (bucket.options.durability === 'full') syncFdNow(fd);
    } finally {
      closeFd(fd);
    }
    renameAt(directory, temporary, directory, sidecarFile(name));
    if (bucket.options.durability === 'full') syncFdNow(directory);
  } finally {
    closeFd(directory);
  }
}

function lengthOf(record: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(record.length);
  return length;
}

/** A key of up to 1,024 bytes makes 2,048 digits, more than a name may have: long ones are cut and hashed. */
function sidecarFile(name: string): string {
  return name.length <= 200 ? name : `${name.slice(0, 150)}~${hash('sha256', name)}`;
}

function readSidecar(bucket: Bucket, name: string): DecodedRecord[] {
  const fd = tryOpenBeneath(
    bucket.rootFd,
    `${SIDECARS}/${sidecarFile(name)}`,
    O.RDONLY | O.NOFOLLOW | O.NONBLOCK,
  );
  if (fd < 0) return [];
  try {
    const size = Math.min(statFd(fd).size, LARGEST_SIDECAR);
    const bytes = Buffer.allocUnsafe(size);
    return split(bytes.subarray(0, readFd(fd, bytes, 0, size, 0)));
  } finally {
    closeFd(fd);
  }
}

function split(bytes: Buffer): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const record = decodeRecord(bytes.subarray(at + 4, at + 4 + length));
    if (record !== undefined) records.push(record);
    at += 4 + length;
  }
  return records;
}

function removeSidecar(bucket: Bucket, name: string): void {
  const directory = bucket.openOwn(SIDECARS);
  try {
    unlinkAt(directory, sidecarFile(name));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  } finally {
    closeFd(directory);
  }
}
