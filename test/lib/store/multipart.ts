/** Parts made from text, received as a door would: for tests of uploads. */
import { digestBody } from '../../../lib/hash/body-digests.js';
import type { ChecksumAlgorithm } from '../../../lib/checksum.js';
import { writeFd } from '../../../lib/os/open.js';
import type { ObjectKey, UploadId } from '../../../lib/names.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import type { PartInfo } from '../../../lib/store/model.js';
import { type Claim, claimPart, commitPart, type ReceivedPart } from '../../../lib/store/parts.js';
import type { CompleteRequest, CreateUploadRequest } from '../../../lib/store/store.js';

export const ANY_SIZE = 0;

export function creation(changes: Partial<CreateUploadRequest> = {}): CreateUploadRequest {
  return {
    owner: 'someone',
    attributes: { system: {}, user: {}, tags: [], storageClass: 'STANDARD' },
    checksumAlgorithm: undefined,
    checksumType: undefined,
    ...changes,
  };
}

export function completion(
  parts: readonly PartInfo[],
  changes: Partial<CompleteRequest> = {},
): CompleteRequest {
  return {
    parts: parts.map(({ number, etag }) => ({ number, etag, checksums: [] })),
    conditions: {},
    expectedSize: undefined,
    checksum: undefined,
    checksumType: undefined,
    ...changes,
  };
}

export function received(
  bytes: Uint8Array,
  algorithms: readonly ChecksumAlgorithm[] = ['CRC64NVME'],
): ReceivedPart {
  const { md5, checksums } = digestBody({ md5: true, sha256: false, algorithms }, bytes);
  return {
    size: bytes.length,
    md5: md5 ?? '',
    checksums: [...checksums].map(([algorithm, value]) => ({ algorithm, value })),
  };
}

/** Writes a claimed part, as the thread does that received it. */
export function fill(claim: Claim, bytes: Uint8Array): void {
  writeFd(claim.fd, bytes, 0, bytes.length, claim.offset);
}

/** One part, from claim to acknowledgement. */
export function upload(
  bucket: Bucket,
  key: ObjectKey,
  id: UploadId,
  number: number,
  text: string | Uint8Array,
  algorithms?: readonly ChecksumAlgorithm[],
): Promise<PartInfo> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const claim = claimPart(bucket, key, id, number, bytes.length);
  fill(claim, bytes);
  return commitPart(bucket, key, id, number, claim, received(bytes, algorithms));
}
