/**
 * What a multipart upload makes of its parts' digests, and which algorithm may be combined how.
 * AWS: "Checking object integrity in Amazon S3", the tables of full object and composite checksums.
 */
import type { ChecksumAlgorithm, ChecksumType } from '../checksum.js';
import { digestOf } from './digest.js';

/** The types S3 accepts for a multipart upload with this algorithm, the default first. */
const TYPES: Readonly<Record<ChecksumAlgorithm, readonly [ChecksumType, ...ChecksumType[]]>> = {
  CRC32: ['COMPOSITE', 'FULL_OBJECT'],
  CRC32C: ['COMPOSITE', 'FULL_OBJECT'],
  CRC64NVME: ['FULL_OBJECT'],
  SHA1: ['COMPOSITE'],
  SHA256: ['COMPOSITE'],
  SHA512: ['COMPOSITE'],
  MD5: ['COMPOSITE'],
  XXHASH64: ['COMPOSITE'],
  XXHASH3: ['COMPOSITE'],
  XXHASH128: ['COMPOSITE'],
};

/** May a multipart upload with this algorithm have a checksum of this type? */
export function allowsChecksumType(algorithm: ChecksumAlgorithm, type: ChecksumType): boolean {
  return TYPES[algorithm].includes(type);
}

/** The type of a multipart upload that names an algorithm and no type. */
export function defaultChecksumType(algorithm: ChecksumAlgorithm): ChecksumType {
  return TYPES[algorithm][0];
}

/** The COMPOSITE value as S3 prints it: base64 of the digest over the parts' raw digests, `-`, how many. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, partDigests: readonly Buffer[]): string {
  return `${digestOf(algorithm, Buffer.concat(partDigests)).toString('base64')}-${partDigests.length}`;
}

/** The entity tag, unquoted, of an upload whose parts have these MD5s (32 hex digits each). */
export function multipartEtag(md5s: readonly string[]): string {
  return `${digestOf('MD5', Buffer.from(md5s.join(''), 'hex')).toString('hex')}-${md5s.length}`;
}
