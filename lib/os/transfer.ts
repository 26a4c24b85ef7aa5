/** Reading only what is in memory, preadv2(2) with RWF_NOWAIT; writing as much as there is room for. */
import { addressOf, declared, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

const RWF_NOWAIT = 8;

const preadv2 = declared((declare) =>
  declare<(fd: number, vector: BigUint64Array, count: number, position: number, flags: number) => number>(
    'preadv2',
    'long',
    'int',
    'void *',
    'int',
    'long',
    'int',
  ),
);

/** struct iovec: where, and how many bytes. */
const vector = new BigUint64Array(2);

let canAsk = true;

/**
 * Bytes of the page cache, without waiting for a disk.
 * @returns how many; fewer than wanted, 0 too, where the rest has to be read from the disk or the file ends
 */
export function readCached(fd: number, into: Uint8Array, position: number): number {
  if (!canAsk || into.byteLength === 0) return 0;
  vector[0] = addressOf(into);
  vector[1] = BigInt(into.byteLength);
  const count = preadv2()(fd, vector, 1, position, RWF_NOWAIT);
  if (count >= 0) return count;
  const errno = libc().errno();
  if (errno === E.EAGAIN || errno === E.EINTR) return 0;
  if (errno === E.EOPNOTSUPP || errno === E.ENOSYS || errno === E.EINVAL) {
    canAsk = errno !== E.ENOSYS;
    return 0;
  }
  throw new SystemError(errno, 'preadv2');
}

/** pwrite(2) until all is written, or no more is. @returns bytes written; throws when there are none */
export function writeSome(fd: number, from: Uint8Array, position: number): number {
  const calls = libc();
  let done = 0;
  do {
    const rest = done === 0 ? from : from.subarray(done);
    const count = calls.pwrite(fd, rest, rest.byteLength, position + done);
    if (count < 0) {
      const errno = calls.errno();
      if (errno === E.EINTR) continue;
      if (done === 0) throw new SystemError(errno, 'pwrite');
      return done;
    }
    if (count === 0) return done;
    done += count;
  } while (done < from.byteLength);
  return done;
}

const fromAt = new BigInt64Array(1);
const toAt = new BigInt64Array(1);

/**
 * One copy_file_range(2), which may copy less than asked for.
 * @throws SystemError EXDEV, EOPNOTSUPP, EINVAL where these two files need another way
 */
export function copySome(
  from: number,
  fromOffset: number,
  to: number,
  toOffset: number,
  length: number,
): number {
  const calls = libc();
  for (;;) {
    fromAt[0] = BigInt(fromOffset);
    toAt[0] = BigInt(toOffset);
    const count = calls.copyFileRange(from, fromAt, to, toAt, length);
    if (count >= 0) return count;
    const errno = calls.errno();
    if (errno !== E.EINTR) throw new SystemError(errno, 'copy_file_range');
  }
}
