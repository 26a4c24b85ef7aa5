/** Bytes from memory to memory. */
import { libc } from './libc.js';

/**
 * Copies `from` to `to`, which may be memory that threads share: TypedArray.set copies such memory a word at a
 * time, for it may be looked at meanwhile; memcpy(3) takes a fifth of the time, and nobody may.
 * @throws RangeError when it does not fit
 */
export function copyBytes(from: Uint8Array, to: Uint8Array, at: number): void {
  if (!(at >= 0 && at + from.length <= to.length)) {
    throw new RangeError(`${from.length} bytes do not fit at ${at} of ${to.length}`);
  }
  if (isShared(from) || isShared(to)) {
    libc().memcpy(at === 0 ? to : to.subarray(at), from, from.length);
  } else {
    to.set(from, at);
  }
}

function isShared({ buffer }: Uint8Array): boolean {
  return buffer instanceof SharedArrayBuffer;
}
