/**
 * Copying and hashing much in a store thread, in turns: between two pieces the thread does what others asked of it.
 * Holds no lock meanwhile.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { StoreError } from '../errors.js';
import { BodyDigests, type DigestResult, type DigestSpec } from '../hash/body-digests.js';
import { cloneRange, copyContent } from '../os/copy.js';
import { readFd } from '../os/open.js';

/** A few tens of milliseconds where bytes really are copied. */
const PIECE_BYTES = 32 * 1024 * 1024;
const BLOCK_BYTES = 1024 * 1024;
/** Hashing is ten times slower than copying. */
const BLOCKS_PER_TURN = 8;

/** Copies [offset, offset + length) of one file to another, sharing blocks or keeping holes where that can be. */
export async function copyInTurns(
  from: number,
  offset: number,
  to: number,
  toOffset: number,
  length: number,
): Promise<void> {
  if (cloneRange(from, offset, to, toOffset, length)) return;
  for (let done = 0; done < length;) {
    const piece = Math.min(PIECE_BYTES, length - done);
    const copied = copyContent(from, to, { offset: offset + done, length: piece, toOffset: toOffset + done });
    if (copied < piece)
      throw new StoreError('ContentChanged', 'The source became shorter while it was copied');
    done += piece;
    if (done < length) await turn();
  }
}

/** What the two of this file throw when the source ends before its size did: look at it again. */
export function becameShorter(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'ContentChanged';
}

/** The digests of [start, end). @throws StoreError ContentChanged: the file is shorter */
export async function digestInTurns(
  fd: number,
  start: number,
  end: number,
  spec: DigestSpec,
): Promise<DigestResult> {
  const digests = new BodyDigests(spec);
  const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, Math.max(1, end - start)));
  for (let at = start, blocks = 1; at < end; blocks++) {
    const wanted = Math.min(block.length, end - at);
    if (readFd(fd, block, 0, wanted, at) < wanted) {
      throw new StoreError('ContentChanged', 'The source became shorter while it was read');
    }
    digests.update(block.subarray(0, wanted));
    at += wanted;
    if (at < end && blocks % BLOCKS_PER_TURN === 0) await turn();
  }
  return digests.finish();
}
