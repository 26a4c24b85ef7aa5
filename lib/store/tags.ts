/** Tags of an object that stays as it is: only its record changes, on the inode it has. */
import { StoreError } from '../errors.js';
import type { ObjectKey } from '../names.js';
import { copyContent } from '../os/copy.js';
import { syncFd } from '../os/fsync.js';
import type { Bucket } from './bucket.js';
import { infoOf, inspect, type Inspection, isHonest } from './inspect.js';
import { withKeys } from './locks.js';
import type { Tag } from './model.js';
import { close, publish } from './publish.js';
import { inspectQuiet } from './quiet.js';
import { PLAIN, type Record, VOID } from './record.js';
import { writeRecord } from './records.js';
import { sameStamp } from './stamp.js';
import { dropTemporary, makeTemporary } from './temporary.js';

/** Replaces all tags. @throws StoreError NoSuchKey, AccessDenied */
export async function setTags(bucket: Bucket, key: ObjectKey, tags: readonly Tag[]): Promise<void> {
  for (;;) {
    const found = await inspectQuiet(bucket, key);
    try {
      if (found === undefined)
        throw new StoreError('NoSuchKey', 'The specified key does not exist.', { key });
      if (await retag(bucket, key, found, tags)) return;
    } finally {
      close(found);
    }
  }
}

/** @returns false when the object changed meanwhile: look again */
async function retag(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection,
  tags: readonly Tag[],
): Promise<boolean> {
  const { fd, stat } = found;
  if (fd === undefined) throw new StoreError('AccessDenied', `${key}: the file cannot be read`, { key });
  if (!found.place.directory && stat.nlink > 1) return splitOff(bucket, key, found, fd, tags);
  const record = { ...recordOf(key, found), tags };
  const written = withKeys(bucket, [key], () => {
    const now = inspect(bucket, key);
    try {
      if (now === undefined || !sameStamp(now.stat, stat)) return false;
      writeRecord(bucket, key, fd, record, fd).finish();
      return true;
    } finally {
      close(now);
    }
  });
  if (written && bucket.options.durability === 'full') await syncFd(fd);
  return written;
}

/**
 * The record an object has, or gets now: a file from elsewhere keeps the opaque tag of this moment while its
 * content stays. Where the stamp cannot vouch for the content the record describes none.
 */
export function recordOf(key: ObjectKey, found: Inspection): Record {
  const { record, stat } = found;
  if (record !== undefined && (record.kind === 'directory' || isHonest(found))) return record;
  const said = record ?? PLAIN;
  const { system, user, tags, storageClass } = said;
  const vouched = found.settled !== false && found.racyNs === 0n;
  return {
    system,
    user,
    tags,
    storageClass,
    kind: found.place.directory ? 'directory' : 'file',
    fingerprint: vouched ? { size: stat.size, mtimeNs: stat.mtimeNs } : VOID,
    etag: infoOf(key, found).etag,
    checksums: [],
    parts: undefined,
  };
}

/** A file with other hard links: they keep theirs, this name gets a file of its own. */
async function splitOff(
  bucket: Bucket,
  key: ObjectKey,
  found: Inspection,
  fd: number,
  tags: readonly Tag[],
): Promise<boolean> {
  const record = recordOf(key, found);
  const temporary = makeTemporary(bucket, found.place.parent);
  try {
    copyContent(fd, temporary.fd);
    const { etag, checksums, parts } = record;
    const content = { temporary, attributes: { ...record, tags }, etag, checksums, parts };
    await publish(bucket, key, content, { ifMatch: [etag] });
    return true;
  } finally {
    dropTemporary(bucket, temporary);
  }
}
