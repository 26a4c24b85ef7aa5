/** x-amz-request-id: sixteen hexadecimal digits, no two alike: a random start for the process, then a count. */

/** @param seed two random numbers of 32 bits */
export function createRequestIds(seed: readonly [number, number]): () => string {
  const prefix = hex(seed[0]);
  let count = seed[1] >>> 0;
  return function nextRequestId() {
    count = (count + 1) >>> 0;
    return prefix + hex(count);
  };
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, '0'));

const hex = (value: number): string =>
  BYTES[value >>> 24]! + BYTES[(value >>> 16) & 255]! + BYTES[(value >>> 8) & 255]! + BYTES[value & 255]!;
