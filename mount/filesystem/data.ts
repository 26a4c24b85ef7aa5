/** read, write, fsync, fallocate, lseek, copy_file_range: the bytes of open files. */
import { read as readOnPool } from 'node:fs';
import { dataSyncFd, syncFd } from '../../lib/os/fsync.js';
import { allocate, seekFd } from '../../lib/os/space.js';
import { withoutSetId } from '../../lib/os/credentials.js';
import { statFd } from '../../lib/os/stat.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import { copySome, readCached, writeSome } from '../../lib/os/transfer.js';
import type { Eventually } from '../../lib/store/store.js';
import { changing } from './caller.js';
import type { Caller, HandleId } from './filesystem.js';
import type { Mounted } from './mounted.js';

/** What is in memory at once, the rest when the disk has it. */
export function read(
  { handles }: Mounted,
  handle: HandleId,
  offset: number,
  into: Buffer,
): Eventually<number> {
  const { fd } = handles.file(handle);
  const cached = readCached(fd, into, offset);
  if (cached === into.byteLength || offset + cached >= statFd(fd).size) return cached;
  return new Promise((resolve, reject) => {
    const rest = into.byteLength - cached;
    readOnPool(fd, into, cached, rest, offset + cached, (error, count) => {
      if (error === null) resolve(cached + count);
      else if (cached > 0) resolve(cached);
      else reject(new SystemError(Math.abs(error.errno ?? E.EIO), 'pread'));
    });
  });
}

export function write(
  { handles }: Mounted,
  handle: HandleId,
  offset: number,
  from: Buffer,
  killSetId: boolean,
): number {
  const { fd } = handles.file(handle);
  return killSetId ? withoutSetId(() => writeSome(fd, from, offset)) : writeSome(fd, from, offset);
}

export function fsync({ handles }: Mounted, handle: HandleId, dataOnly: boolean): Promise<void> {
  const { fd } = handles.file(handle);
  return dataOnly ? dataSyncFd(fd) : syncFd(fd);
}

export function fallocate(
  { handles }: Mounted,
  handle: HandleId,
  mode: number,
  offset: number,
  length: number,
  caller: Caller,
): void {
  const { fd } = handles.file(handle);
  changing(caller, false, () => allocate(fd, mode, offset, length));
}

export function lseek({ handles }: Mounted, handle: HandleId, offset: number, whence: number): number {
  return seekFd(handles.file(handle).fd, offset, whence);
}

/** A copy is cut into pieces, so that others get their turn; where blocks are shared a piece takes no time. */
const PIECE_BYTES = 64 * 1024 * 1024;

export function copyFileRange(
  { handles }: Mounted,
  from: HandleId,
  fromOffset: number,
  to: HandleId,
  toOffset: number,
  length: number,
  caller: Caller,
): number {
  const source = handles.file(from).fd;
  const target = handles.file(to).fd;
  const piece = Math.min(length, PIECE_BYTES);
  return changing(caller, false, () => copySome(source, fromOffset, target, toOffset, piece));
}
