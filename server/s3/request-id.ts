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

const hex = (value: number): string => (value >>> 0).toString(16).toUpperCase().padStart(8, '0');
