/**
 * What happens in directories, as inotify(7) tells it: one descriptor read by this thread's event loop, names as
 * bytes. It neither keeps a process running nor outlives its thread.
 */
import { cString } from './c-string.js';
import { lastError, libc } from './libc.js';
import { E, SystemError } from './system-error.js';

/** Events asked for and told; the ones from IN_UNMOUNT on are told unasked. */
export const IN = {
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  UNMOUNT: 0x2000,
  /** Events were lost; `watch` is -1. */
  Q_OVERFLOW: 0x4000,
  /** The watch is gone: removed, or its directory was. */
  IGNORED: 0x8000,
  ONLYDIR: 0x0100_0000,
  EXCL_UNLINK: 0x0400_0000,
  ISDIR: 0x4000_0000,
} as const;

export interface InotifyEvent {
  readonly watch: number;
  readonly mask: number;
  /** The same, and not 0, in the two halves of a rename. */
  readonly cookie: number;
  /** Empty when the event is the directory's own. */
  readonly name: Buffer;
}

export interface Inotify {
  /**
   * The watch's number, the same for the same directory; undefined when the user's watches are used up.
   * @param path links are followed, so `/proc/self/fd/N` will do
   * @throws SystemError ENOENT, EACCES …
   */
  add(path: string | Buffer, mask: number): number | undefined;
  /** IN.IGNORED follows. A watch that went by itself is fine. */
  remove(watch: number): void;
  /** Reads what is there now, without waiting for the event loop. */
  drain(): void;
  close(): void;
}

const IN_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const HEADER_BYTES = 16;
const BATCH_BYTES = 64 * 1024;
/** Then the event loop gets a turn; the descriptor is still readable. */
const MOST_BATCHES = 16;

function decode(bytes: Buffer, size: number): InotifyEvent[] {
  const events: InotifyEvent[] = [];
  for (let at = 0; at + HEADER_BYTES <= size;) {
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 12);
    const padded = bytes.subarray(at + HEADER_BYTES, end);
    const length = padded.indexOf(0);
    events.push({
      watch: bytes.readInt32LE(at),
      mask: bytes.readUInt32LE(at + 4),
      cookie: bytes.readUInt32LE(at + 8),
      name: Buffer.from(length < 0 ? padded : padded.subarray(0, length)),
    });
    at = end;
  }
  return events;
}

/** @throws SystemError EMFILE when the user's inotify descriptors are used up */
export function openInotify(onEvents: (events: readonly InotifyEvent[]) => void): Inotify {
  const calls = libc();
  const fd = calls.inotifyInit(IN_NONBLOCK_CLOEXEC);
  if (fd < 0) throw lastError('inotify_init1');
  const bytes = Buffer.allocUnsafeSlow(BATCH_BYTES);
  let isOpen = true;
  const drain = (): void => {
    for (let batch = 0; isOpen && batch < MOST_BATCHES; batch += 1) {
      const size = calls.read(fd, bytes, BATCH_BYTES);
      if (size <= 0) return;
      onEvents(decode(bytes, size));
    }
  };
  const handle = calls.onReadable(fd, drain);
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    process.removeListener('exit', close);
    handle.close();
    calls.close(fd);
  };
  // A worker thread that ends takes its descriptor along.
  process.once('exit', close);
  return {
    add(path, mask) {
      const watch = calls.inotifyAdd(fd, cString(path, 'inotify_add_watch'), mask);
      if (watch >= 0) return watch;
      const errno = calls.errno();
      if (errno === E.ENOSPC || errno === E.ENOMEM) return undefined;
      throw new SystemError(errno, 'inotify_add_watch');
    },
    remove: (watch) => void calls.inotifyRemove(fd, watch),
    drain,
    close,
  };
}
