/**
 * Sending the content of an open file, one block read ahead of the one being sent, in memory that is used again.
 * The last block is handed over only after the whole has been verified. A file that is being written all the
 * while (a growing log, a disk image) is hashed as it is sent and read again at the end: equal, and it completes.
 */
import { read } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChecksumAlgorithm } from '../checksum.js';
import { StoreError, toStoreError } from '../errors.js';
import { createDigest, digestOf } from '../hash/digest.js';
import { settled } from '../os/lease.js';
import { readFd } from '../os/open.js';
import { statFd } from '../os/stat.js';
import type { WholeDigest } from './fixity.js';
import { type Before, isUntouched, Watch } from './verify.js';
import type { Eventually } from './store.js';

/** Two of them, one read while the other is sent, reach what sendfile(2) does; below half of it, two thirds. */
export const BLOCK_BYTES = 1024 * 1024;

/** Up to this size a body is read and verified before any header is sent. */
export const SMALL_BYTES = 1024 * 1024;

/**
 * A writer that is only waiting for its turn on a processor must get one between two readings, or both would
 * see the same half of what it is doing.
 */
const GAP_MS = 40;
/** Readings that must agree with the first while a writer may be at work in bytes that were there before. */
const AGREEING = 2;

export interface Content extends Before {
  /** Nobody was writing when it was opened, and its stamp could vouch for it. */
  readonly quiet: boolean;
  /** What is recorded of the whole file, as it was when it was opened. */
  readonly whole?: WholeDigest | undefined;
}

function changed(): StoreError {
  return new StoreError('ContentChanged', 'The file changed while it was being read');
}

/** libuv's pool does the reading; callbacks cost less than promises here. */
function readBlock(fd: number, block: Buffer, length: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, block, 0, length, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(toStoreError(error, 'read'));
    });
  });
}

/** Fills the block: read(2) may give less than asked. @throws StoreError ContentChanged: it was truncated */
async function fill(fd: number, block: Buffer, length: number, position: number): Promise<Buffer> {
  let done = 0;
  while (done < length) {
    const count = await readBlock(
      fd,
      done === 0 ? block : block.subarray(done),
      length - done,
      position + done,
    );
    if (count === 0) throw changed();
    done += count;
  }
  return length === block.length ? block : block.subarray(0, length);
}

const spare: Buffer[] = [];

function takeBlock(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

function giveBlock(block: Buffer): void {
  if (spare.length < 8) spare.push(block);
}

/**
 * Sends bytes [start, end).
 * @param write resolves when the block's memory may be used again
 * @throws StoreError ContentChanged: what was sent is a mixture; the last block was kept back
 */
export async function pump(
  content: Content,
  start: number,
  end: number,
  write: (block: Buffer) => Eventually<void>,
): Promise<void> {
  if (end <= start) return;
  const first = takeBlock();
  const second = end - start > BLOCK_BYTES ? takeBlock() : first;
  const hashing = content.quiet ? undefined : createDigest('CRC64NVME');
  const watch = content.quiet ? new Watch(content) : undefined;
  const blockAt = (at: number, turn: number): Promise<Buffer> => {
    const filled = fill(content.fd, turn % 2 === 0 ? first : second, Math.min(BLOCK_BYTES, end - at), at);
    // It may fail while the block before it is still on its way to a slow receiver: looked at after that.
    filled.catch(() => undefined);
    return filled;
  };
  let ahead = blockAt(start, 0);
  try {
    for (let at = start, turn = 1; at < end; turn++) {
      let block = await ahead;
      if (watch !== undefined && watch.look() !== 'untouched') block = await held(content, watch, block, at);
      at += block.length;
      if (at < end) ahead = blockAt(at, turn);
      hashing?.update(block);
      if (at === end) await verify(content, start, end, hashing?.digest(), watch);
      await write(block);
    }
  } finally {
    // A read that is under way still writes into its block.
    await ahead.catch(() => undefined);
    new Set([first, second]).forEach(giveBlock);
  }
}

/**
 * The block again, read since the change time moved for a reason nobody sees.
 * @throws StoreError ContentChanged: it moved again, or nothing recorded could say that the content is the same
 */
async function held(content: Content, watch: Watch, block: Buffer, at: number): Promise<Buffer> {
  // Half of what explains it may be all that was seen; and what comes next is to move the time once more.
  await sleep(GAP_MS);
  const since = watch.look();
  if (since === 'untouched') return block;
  if (since === 'changed' || content.whole === undefined || !watch.accept()) throw changed();
  await sleep(GAP_MS);
  const again = await fill(content.fd, block, block.length, at);
  if (watch.look() !== 'untouched') throw changed();
  return again;
}

async function verify(
  content: Content,
  start: number,
  end: number,
  sent: Buffer | undefined,
  watch: Watch | undefined,
): Promise<void> {
  const same =
    sent !== undefined
      ? await readsAs(content, start, end, sent)
      : watch?.moved === true
        ? await isRecorded(content, watch)
        : isUntouched(content);
  if (!same) throw changed();
}

/** Whether the whole is what was recorded of it, and stays so while that is found out. */
async function isRecorded({ fd, stat, whole }: Content, watch: Watch): Promise<boolean> {
  if (whole === undefined) return false;
  const found = await digestAgain(fd, 0, stat.size, whole.algorithm);
  return found.equals(whole.value) && watch.look() === 'untouched';
}

/**
 * Whether bytes of a file at no rest are what was read of them before. Once is enough when nobody has it open
 * for writing in between, or when it grew: a log. Otherwise a writer that goes round in circles could show the
 * same mixture twice.
 */
async function readsAs(content: Content, start: number, end: number, digest: Buffer): Promise<boolean> {
  const { fd, stat } = content;
  for (let agreed = 0; agreed < AGREEING; agreed++) {
    const rest = settled(fd) === true;
    if (!rest) await sleep(GAP_MS);
    if (!(await digestAgain(fd, start, end)).equals(digest)) return false;
    if (rest || statFd(fd).size > stat.size) return true;
  }
  return true;
}

async function digestAgain(
  fd: number,
  start: number,
  end: number,
  algorithm: ChecksumAlgorithm = 'CRC64NVME',
): Promise<Buffer> {
  const digest = createDigest(algorithm);
  const block = takeBlock();
  try {
    for (let at = start; at < end;) {
      const part = await fill(fd, block, Math.min(BLOCK_BYTES, end - at), at);
      digest.update(part);
      at += part.length;
    }
    return digest.digest();
  } finally {
    giveBlock(block);
  }
}

/** The whole content of a small file, verified; undefined when it changed meanwhile: look at it again. */
export async function readSmall(content: Content): Promise<Buffer | undefined> {
  const { size } = content.stat;
  const body = Buffer.from(new ArrayBuffer(size));
  if (readFd(content.fd, body, 0, size, 0) !== size) return undefined;
  if (content.quiet) return isUntouched(content) ? body : undefined;
  try {
    return (await readsAs(content, 0, size, digestOf('CRC64NVME', body))) ? body : undefined;
  } catch (error) {
    if (error instanceof StoreError && error.code === 'ContentChanged') return undefined; // truncated
    throw error;
  }
}
