/**
 * One digest at a time, for each of the ten checksum algorithms. The bytes are the ones S3 base64-encodes
 * in `x-amz-checksum-*`: numbers are written big-endian, and XXHASH* use seed 0.
 * MD5, SHA* and CRC32 are Node's own; CRC32C and CRC64NVME are lib/hash/crc.ts; XXHASH* is hash-wasm.
 */
import { createHash, hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ChecksumAlgorithm } from '../checksum.js';
import { CRC32C, CRC64NVME, type Crc } from './crc.js';
import { createWasmDigest, wasmDigestOf } from './wasm.js';

export interface Digest {
  /** Reads the chunk before it returns. */
  update(chunk: Uint8Array): void;
  /** The raw bytes. Once; the digest is spent then. */
  digest(): Buffer;
}

/** Starts a digest. For XXHASH*, `prepareHashes()` must have been awaited in this thread. */
export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  return STARTERS[algorithm]();
}

/** The digest of a whole buffer, the quickest way there is. Needs what `createDigest` needs. */
export function digestOf(algorithm: ChecksumAlgorithm, buffer: Uint8Array): Buffer {
  return ONE_SHOTS[algorithm](buffer);
}

const STARTERS: Readonly<Record<ChecksumAlgorithm, () => Digest>> = {
  CRC32: () => startCrc32(),
  CRC32C: () => startCrc(CRC32C),
  CRC64NVME: () => startCrc(CRC64NVME),
  SHA1: () => createHash('sha1'),
  SHA256: () => createHash('sha256'),
  SHA512: () => createHash('sha512'),
  MD5: () => createHash('md5'),
  XXHASH64: () => createWasmDigest('XXHASH64'),
  XXHASH3: () => createWasmDigest('XXHASH3'),
  XXHASH128: () => createWasmDigest('XXHASH128'),
};

const ONE_SHOTS: Readonly<Record<ChecksumAlgorithm, (buffer: Uint8Array) => Buffer>> = {
  CRC32: (buffer) => bigEndian32(crc32(buffer)),
  CRC32C: (buffer) => CRC32C.value(CRC32C.update(CRC32C.initial, buffer)),
  CRC64NVME: (buffer) => CRC64NVME.value(CRC64NVME.update(CRC64NVME.initial, buffer)),
  SHA1: (buffer) => hash('sha1', buffer, 'buffer'),
  SHA256: (buffer) => hash('sha256', buffer, 'buffer'),
  SHA512: (buffer) => hash('sha512', buffer, 'buffer'),
  MD5: (buffer) => hash('md5', buffer, 'buffer'),
  XXHASH64: (buffer) => wasmDigestOf('XXHASH64', buffer),
  XXHASH3: (buffer) => wasmDigestOf('XXHASH3', buffer),
  XXHASH128: (buffer) => wasmDigestOf('XXHASH128', buffer),
};

function startCrc32(): Digest {
  let value = 0;
  return {
    update(chunk) {
      // Of an empty chunk zlib may be shown a null pointer, which for it means "start anew".
      if (chunk.length > 0) value = crc32(chunk, value);
    },
    digest: () => bigEndian32(value),
  };
}

function startCrc(crc: Crc): Digest {
  let register = crc.initial;
  return {
    update(chunk) {
      register = crc.update(register, chunk);
    },
    digest: () => crc.value(register),
  };
}

function bigEndian32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
