/**
 * Receiving parts. The thread that serves HTTP writes the bytes itself, into the place claimed here for them:
 * the part's slot of the one content file, so that Complete is a rename, else a file of its own. What another
 * attempt has, or was acknowledged for, is never touched. A part counts from the line in the log that
 * acknowledges it, which is written when its bytes are on the disk.
 */
import { randomBytes } from 'node:crypto';
import { StoreError } from '../errors.js';
import type { ObjectKey, UploadId } from '../names.js';
import { unlinkAt } from '../os/link.js';
import { closeFd, O, openAt, tryOpenAt, tryOpenBeneath, writeFd } from '../os/open.js';
import { reopen } from '../os/reopen.js';
import { lockRange } from '../os/range-lock.js';
import { statFd, tryStatAt } from '../os/stat.js';
import { isErrno, SystemError } from '../os/system-error.js';
import type { Bucket } from './bucket.js';
import { syncAppended, syncContent, syncEntries } from './durability.js';
import { UPLOADS } from './layout.js';
import type { PartInfo } from './model.js';
import { sameFile } from './stamp.js';
import { CONTENT, openUpload, tryOpenUpload, type Upload, withUpload } from './upload.js';
import type { Entry, UploadState } from './upload-log.js';

/** Where one attempt at a part is to be written. Plain data: it crosses threads. */
export interface Claim {
  readonly upload: UploadId;
  /** Open for reading and writing, and holding the place by a lock; `commitPart` or `dropClaim` closes it. */
  readonly fd: number;
  readonly offset: number;
  /** The file of its own; undefined: the slot, where exactly `size` bytes may be written. */
  readonly name: string | undefined;
  /** As declared. */
  readonly size: number | undefined;
  /** Its bytes will be synced: the disk may begin early. */
  readonly eager: boolean;
}

/** What was received. */
export interface ReceivedPart {
  readonly size: number;
  /** 32 hex digits. */
  readonly md5: string;
  readonly checksums: PartInfo['checksums'];
}

export const LARGEST_PART_NUMBER = 10_000;
/** Beyond it filesystems begin to refuse offsets, while such an object may still be assembled by sharing blocks. */
const LARGEST_OFFSET = 2 ** 43;

/**
 * @param declaredSize bytes, when the client declared them
 * @throws StoreError NoSuchUpload, InvalidArgument
 */
export function claimPart(
  bucket: Bucket,
  key: ObjectKey,
  id: UploadId,
  number: number,
  declaredSize: number | undefined,
): Claim {
  if (!Number.isInteger(number) || number < 1 || number > LARGEST_PART_NUMBER) {
    throw new StoreError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
      number,
    });
  }
  const eager = bucket.options.durability !== 'none';
  return withUpload(bucket, key, id, (upload) =>
    upload.update(
      (state, append) =>
        claimSlot(upload, state, append, number, declaredSize, eager) ??
        claimFile(upload, number, declaredSize, eager),
    ),
  );
}

function claimSlot(
  upload: Upload,
  state: UploadState,
  append: (entry: Entry) => void,
  number: number,
  size: number | undefined,
  eager: boolean,
): Claim | undefined {
  const slotSize = state.slotSize ?? size;
  if (size === undefined || slotSize === undefined || slotSize === 0) return undefined;
  const fits = size === slotSize || (size < slotSize && state.confirmed);
  const offset = (number - 1) * slotSize;
  if (!fits || state.claimed.has(number) || offset + slotSize > LARGEST_OFFSET) return undefined;
  const fd = openContent(upload.directory, state.claimed.size === 0);
  if (fd === undefined) return undefined;
  try {
    // Complete renames the content only while it holds all of it: what still stands here now stays here.
    if (lockRange(fd, offset, slotSize, { wait: false }) && stands(upload.directory, fd)) {
      append({ kind: 'claim', number, size });
      return { upload: upload.id, fd, offset, name: undefined, size, eager };
    }
  } catch (error) {
    closeFd(fd);
    throw error;
  }
  closeFd(fd);
  return undefined;
}

/** Made for the first claim only: afterwards its absence means that it was published. */
function openContent(directory: number, first: boolean): number | undefined {
  const fd = tryOpenAt(directory, CONTENT, O.RDWR | (first ? O.CREAT : 0), 0o600);
  if (fd >= 0) return fd;
  const error = new SystemError(-fd, 'openat');
  if (isErrno(error, 'ENOENT')) return undefined;
  throw error;
}

function stands(directory: number, fd: number): boolean {
  const there = tryStatAt(directory, CONTENT);
  return there !== undefined && sameFile(there, statFd(fd));
}

function claimFile(upload: Upload, number: number, size: number | undefined, eager: boolean): Claim {
  const name = `part.${number}.${randomBytes(8).toString('hex')}`;
  const fd = openAt(upload.directory, name, O.RDWR | O.CREAT | O.EXCL, 0o600);
  lockRange(fd, 0, 0, { wait: false });
  return { upload: upload.id, fd, offset: 0, name, size, eager };
}

/**
 * Acknowledges a part whose bytes have been written where it was claimed. The claim is used up, whatever happens.
 * @throws StoreError NoSuchUpload, IncompleteBody (not the size that was declared)
 */
export async function commitPart(
  bucket: Bucket,
  key: ObjectKey,
  id: UploadId,
  number: number,
  claim: Claim,
  received: ReceivedPart,
): Promise<PartInfo> {
  try {
    const upload = openUpload(bucket, key, id);
    try {
      return await acknowledge(bucket, upload, number, claim, received);
    } finally {
      upload.close();
    }
  } catch (error) {
    dropFile(bucket, claim);
    throw error;
  } finally {
    closeFd(claim.fd);
  }
}

async function acknowledge(
  bucket: Bucket,
  upload: Upload,
  number: number,
  claim: Claim,
  { size, md5, checksums }: ReceivedPart,
): Promise<PartInfo> {
  if (claim.size !== undefined && claim.size !== size) {
    throw new StoreError('IncompleteBody', 'The part has not the size that was declared', { number, size });
  }
  await syncClaim(bucket, upload, claim);
  const part: PartInfo = { number, size, modified: Date.now(), etag: md5, checksums };
  const replaced = upload.update(({ parts }, append) => {
    const before = parts.get(number);
    append({ kind: 'part', part: claim.name === undefined ? part : { ...part, file: claim.name } });
    return before;
  });
  await syncAppended(bucket.options.durability, upload.fd);
  if (replaced?.file !== undefined) unlinkIfThere(upload.directory, replaced.file);
  return part;
}

/** The bytes before the line that acknowledges them: no crash may keep that alone. */
async function syncClaim(bucket: Bucket, upload: Upload, claim: Claim): Promise<void> {
  const { durability } = bucket.options;
  await syncContent(durability, claim.fd);
  if (!hasName(upload, claim)) await syncEntries(durability, [reopen(upload.directory, O.RDONLY)]);
}

/** Whether the directory entry of the claimed file is known to be on the disk: another part's was synced. */
function hasName(upload: Upload, claim: Claim): boolean {
  if (claim.name !== undefined) return false;
  for (const { file } of upload.state().parts.values()) if (file === undefined) return true;
  return false;
}

/** Gives the attempt up. */
export function dropClaim(bucket: Bucket, claim: Claim): void {
  try {
    dropFile(bucket, claim);
  } finally {
    closeFd(claim.fd);
  }
}

/** Unless it was acknowledged, whatever failed afterwards: then it is the upload's. */
function dropFile(bucket: Bucket, { upload: id, name }: Claim): void {
  if (name === undefined) return;
  const directory = tryOpenBeneath(bucket.rootFd, `${UPLOADS}/${id}`, O.RDONLY | O.DIRECTORY);
  if (directory < 0) return;
  const upload = tryOpenUpload(bucket, id);
  try {
    if (upload === undefined || !upload.names(name)) unlinkIfThere(directory, name);
  } finally {
    upload?.close();
    closeFd(directory);
  }
}

function unlinkIfThere(directory: number, name: string): void {
  try {
    unlinkAt(directory, name);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** A part that is in memory: claimed, written and acknowledged. */
export async function putPart(
  bucket: Bucket,
  key: ObjectKey,
  id: UploadId,
  number: number,
  bytes: Uint8Array,
  received: ReceivedPart,
): Promise<PartInfo> {
  const claim = claimPart(bucket, key, id, number, bytes.length);
  try {
    writeFd(claim.fd, bytes, 0, bytes.length, claim.offset);
  } catch (error) {
    dropClaim(bucket, claim);
    throw error;
  }
  return commitPart(bucket, key, id, number, claim, received);
}
