/**
 * A part copied from an object: bytes from file to file where the filesystem can, read once for its digests.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
import { StoreError } from '../errors.js';
import type { Bucket } from './bucket.js';
import type { PartInfo } from './model.js';
import { type Claim, claimPart, commitPart, dropClaim, type ReceivedPart } from './parts.js';
import { closeSource, isFaithful, openSource, type Source } from './source.js';
import type { CopyPartRequest } from './store.js';
import { becameShorter, copyInTurns, digestInTurns } from './turns.js';
import { findUpload } from './uploads.js';

/** How often the source may be touched, its entity tag staying, while it is copied. */
const ATTEMPTS = 4;

/**
 * @param bucket that of `request.target`
 * @throws StoreError NoSuchUpload, NoSuchKey, Conflict (the source changed), InvalidArgument (a range outside it)
 */
export async function copyPart(
  sourceBucket: Bucket,
  request: CopyPartRequest,
  bucket: Bucket,
): Promise<PartInfo> {
  const { target, uploadId, number } = request;
  findUpload(bucket, target.key, uploadId);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const source = await openSource(sourceBucket, request.source.key, request.sourceEtag);
    let claim: Claim | undefined;
    try {
      checkRange(source, request);
      claim = claimPart(bucket, target.key, uploadId, number, request.end - request.start);
      const received = await receive(source, request, bucket, claim);
      if (received === undefined) continue;
      const committed = claim;
      claim = undefined;
      return await commitPart(bucket, target.key, uploadId, number, committed, received);
    } catch (error) {
      if (!becameShorter(error)) throw error;
    } finally {
      if (claim !== undefined) dropClaim(bucket, claim);
      closeSource(source);
    }
  }
  throw new StoreError('Conflict', `${request.source.key} keeps changing`, { key: request.source.key });
}

function checkRange({ info }: Source, { start, end }: CopyPartRequest): void {
  if (start >= 0 && start <= end && end <= info.size) return;
  throw new StoreError('InvalidArgument', 'The range is not inside the source object', {
    start,
    end,
    size: info.size,
  });
}

/** @returns undefined when the source was changed under the copy */
async function receive(
  source: Source,
  { start, end, target, uploadId }: CopyPartRequest,
  bucket: Bucket,
  { fd, offset }: Claim,
): Promise<ReceivedPart | undefined> {
  const size = end - start;
  const algorithm = findUpload(bucket, target.key, uploadId).checksumAlgorithm ?? 'CRC64NVME';
  await copyInTurns(source.fd, start, fd, offset, size);
  // Of the copy: whatever happens to the source now, they are the digests of these bytes.
  const spec = { md5: true, sha256: false, algorithms: [algorithm] };
  const { md5, checksums } = await digestInTurns(fd, offset, offset + size, spec);
  if (!(await isFaithful(source, { start, end, fd, offset }))) return undefined;
  return {
    size,
    md5: md5 ?? '',
    checksums: [...checksums].map(([name, value]) => ({ algorithm: name, value })),
  };
}
