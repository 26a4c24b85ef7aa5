/**
 * What a Complete asks for, judged against the parts that were acknowledged, and what the object will be. Pure.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../checksum.js';
import { StoreError } from '../errors.js';
import { combineCrc, type CrcAlgorithm } from '../hash/combine.js';
import {
  allowsChecksumType,
  compositeChecksum,
  defaultChecksumType,
  multipartEtag,
} from '../hash/composite.js';
import type { CompletedPart, ObjectPart } from './model.js';
import type { CompleteRequest } from './store.js';
import type { Part, UploadState } from './upload-log.js';

export interface Completion {
  readonly parts: readonly Part[];
  readonly size: number;
  readonly etag: string;
  readonly checksums: readonly Checksum[];
  readonly objectParts: readonly ObjectPart[];
  /** The content file, as long as `size`, is the object: parts 1 to n, each in its slot, each as long as that. */
  readonly inPlace: boolean;
}

/** Every part but the last has at least so many bytes. */
export const SMALLEST_PART = 5 * 1024 * 1024;

const CRCS: readonly CrcAlgorithm[] = ['CRC64NVME', 'CRC32', 'CRC32C'];

function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcAlgorithm {
  return (CRCS as readonly ChecksumAlgorithm[]).includes(algorithm);
}

/** @throws StoreError InvalidPartOrder, InvalidPart, PartTooSmall, UploadSizeMismatch, BadDigest, InvalidArgument */
export function planCompletion(
  state: UploadState,
  request: CompleteRequest,
  smallestPart: number,
): Completion {
  checkOrder(request.parts);
  const parts = request.parts.map((asked) => partAsked(state, asked));
  for (const { number, size } of parts.slice(0, -1)) {
    if (size < smallestPart) {
      throw new StoreError(
        'PartTooSmall',
        'Your proposed upload is smaller than the minimum allowed object size.',
        { partNumber: number, size, minimum: smallestPart },
      );
    }
  }
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (request.expectedSize !== undefined && request.expectedSize !== size) {
    throw new StoreError('UploadSizeMismatch', 'The parts do not add up to the size that was stated', {
      size,
      expected: request.expectedSize,
    });
  }
  const checksum = checksumOf(state, request, parts);
  return {
    parts,
    size,
    etag: multipartEtag(parts.map(({ etag }) => etag)),
    checksums: checksum === undefined ? [] : [checksum],
    objectParts: parts.map((part) => objectPart(part, checksum?.algorithm)),
    inPlace: isInPlace(state, parts),
  };
}

function checkOrder(parts: readonly CompletedPart[]): void {
  if (parts.length === 0) throw new StoreError('InvalidPart', 'You must specify at least one part');
  if (parts.some(({ number }, at) => number <= (parts[at - 1]?.number ?? 0))) {
    throw new StoreError(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
  }
}

function partAsked(state: UploadState, { number, etag, checksums }: CompletedPart): Part {
  const part = state.parts.get(number);
  const matches =
    part !== undefined &&
    part.etag === etag &&
    checksums.every(({ algorithm, value }) => (valueOf(part, algorithm) ?? value) === value);
  if (matches) return part;
  throw new StoreError(
    'InvalidPart',
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { partNumber: number, etag },
  );
}

function valueOf(part: Part, algorithm: ChecksumAlgorithm): string | undefined {
  return part.checksums.find((checksum) => checksum.algorithm === algorithm)?.value;
}

function objectPart({ number, size, ...part }: Part, algorithm: ChecksumAlgorithm | undefined): ObjectPart {
  const checksum = part.checksums.find((known) => known.algorithm === algorithm)?.value;
  return checksum === undefined ? { number, size } : { number, size, checksum };
}

function isInPlace({ slotSize, parts: all }: UploadState, parts: readonly Part[]): boolean {
  const inSlots = parts.every(
    ({ number, size, file }, at) =>
      file === undefined && number === at + 1 && (size === slotSize || at === parts.length - 1),
  );
  // Cutting the content would take others from the upload, which must stay as it is should a condition fail.
  return (
    inSlots && [...all.values()].every(({ number, file }) => file !== undefined || number <= parts.length)
  );
}

function checksumOf(
  { info }: UploadState,
  request: CompleteRequest,
  parts: readonly Part[],
): Checksum | undefined {
  const stated = request.checksum;
  const algorithm =
    info.checksumAlgorithm ??
    stated?.algorithm ??
    CRCS.find((crc) => parts.every((part) => valueOf(part, crc) !== undefined));
  if (algorithm === undefined) return undefined;
  if (stated !== undefined && stated.algorithm !== algorithm) {
    throw new StoreError('InvalidArgument', `The upload was created with ${algorithm} checksums`);
  }
  const checksum = combined(
    algorithm,
    typeOf(algorithm, info.checksumAlgorithm, info.checksumType, request),
    parts,
  );
  if (stated === undefined) return checksum;
  if (checksum === undefined) {
    throw new StoreError('InvalidArgument', `The parts were not uploaded with ${algorithm} checksums`);
  }
  // A COMPOSITE value may be stated without the number of parts behind it.
  if (stated.value === checksum.value || stated.value === checksum.value.replace(/-\d+$/, ''))
    return checksum;
  throw new StoreError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`, {
    algorithm,
  });
}

function typeOf(
  algorithm: ChecksumAlgorithm,
  named: ChecksumAlgorithm | undefined,
  type: ChecksumType | undefined,
  request: CompleteRequest,
): ChecksumType {
  if (type !== undefined && request.checksumType !== undefined && type !== request.checksumType) {
    throw new StoreError('InvalidArgument', `The upload was created with checksums of type ${type}`);
  }
  // Nobody named an algorithm: what the store keeps by itself is of the whole object, where that can be told.
  const usual = named === undefined && isCrc(algorithm) ? 'FULL_OBJECT' : defaultChecksumType(algorithm);
  const wanted = type ?? request.checksumType ?? usual;
  if (allowsChecksumType(algorithm, wanted)) return wanted;
  throw new StoreError('InvalidArgument', `${algorithm} has no checksums of type ${wanted}`);
}

/** undefined when not all parts have such a checksum. */
function combined(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly Part[],
): Checksum | undefined {
  const digests: Buffer[] = [];
  for (const part of parts) {
    const value = valueOf(part, algorithm);
    if (value === undefined) return undefined;
    digests.push(Buffer.from(value, 'base64'));
  }
  if (type === 'COMPOSITE') return { algorithm, type, value: compositeChecksum(algorithm, digests) };
  if (!isCrc(algorithm)) return undefined;
  const whole = digests.reduce((before, digest, at) =>
    combineCrc(algorithm, before, digest, parts[at]?.size ?? 0),
  );
  return { algorithm, type, value: whole.toString('base64') };
}
