/**
 * Waiting for a writer to finish: inotify(7), one descriptor per thread, polled by the event loop, so no
 * thread waits and nothing keeps the process running. The watch exists when waitForClose returns its
 * promise: ask `settled` after the call and before awaiting, and no close is missed.
 */
import { statSync } from 'node:fs';
import { cString } from './c-string.js';
import { lastError, libc } from './libc.js';
import { E, isErrno } from './system-error.js';

const IN_NONBLOCK_CLOEXEC = 0o4000 | 0o2000000;
const IN_ATTRIB = 0x4;
const IN_CLOSE_WRITE = 0x8;
const IN_DELETE_SELF = 0x400;
const IN_UNMOUNT = 0x2000;
const IN_IGNORED = 0x8000;
const ENDS = IN_CLOSE_WRITE | IN_DELETE_SELF | IN_UNMOUNT | IN_IGNORED;
const WATCHED = IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF;
/** wd of "events were lost". */
const OVERFLOW = -1;
const HEADER_BYTES = 16;

interface Waiter {
  readonly path: string;
  readonly finish: (closed: boolean) => void;
}

interface Watcher {
  readonly fd: number;
  /** By inotify's number for the file: several waiters for one file share a watch. */
  readonly waiters: Map<number, Set<Waiter>>;
}

const events = Buffer.allocUnsafeSlow(16 * 1024);

let watcher: Watcher | undefined;

function startWatcher(): Watcher {
  const fd = libc().inotifyInit(IN_NONBLOCK_CLOEXEC);
  if (fd < 0) throw lastError('inotify_init1');
  const started: Watcher = { fd, waiters: new Map() };
  const handle = libc().onReadable(fd, () => drain(started));
  // A worker thread that ends takes its descriptor along.
  process.once('exit', () => {
    handle.close();
    libc().close(fd);
  });
  return started;
}

/** The last link is gone: whoever still writes, writes into what nobody can reach any more. */
function isGone(path: string): boolean {
  try {
    return statSync(path).nlink === 0;
  } catch {
    return true;
  }
}

function tell(waiters: Iterable<Waiter>, mask: number): void {
  for (const waiter of waiters) {
    if ((mask & ENDS) !== 0 || ((mask & IN_ATTRIB) !== 0 && isGone(waiter.path))) waiter.finish(true);
  }
}

function drain(from: Watcher): void {
  for (;;) {
    const size = libc().read(from.fd, events, events.length);
    if (size <= 0) return;
    for (let at = 0; at + HEADER_BYTES <= size;) {
      const watch = events.readInt32LE(at);
      const mask = events.readUInt32LE(at + 4);
      at += HEADER_BYTES + events.readUInt32LE(at + 12);
      if (watch === OVERFLOW) for (const waiters of from.waiters.values()) tell(waiters, IN_CLOSE_WRITE);
      else tell(from.waiters.get(watch) ?? [], mask);
    }
  }
}

/** Leaves the watch with the last waiter; the kernel may have dropped it already. */
function leave(from: Watcher, watch: number, waiter: Waiter): void {
  const waiters = from.waiters.get(watch);
  if (waiters === undefined || !waiters.delete(waiter) || waiters.size > 0) return;
  from.waiters.delete(watch);
  libc().inotifyRemove(from.fd, watch);
}

/** inotify's number for the file; undefined when the user's watches are used up. */
function addWatch(path: string): number | undefined {
  try {
    watcher ??= startWatcher();
  } catch (error) {
    if (isErrno(error, 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSYS')) return undefined;
    throw error;
  }
  const watch = libc().inotifyAdd(watcher.fd, cString(path, 'inotify_add_watch'), WATCHED);
  if (watch >= 0) return watch;
  const error = lastError('inotify_add_watch');
  if (error.errno === E.ENOSPC || error.errno === E.ENOMEM) return undefined;
  throw error;
}

/**
 * Resolves true when somebody who had the file open for writing closed it (or the file is gone), which does
 * not mean that nobody else has: ask again. False after `milliseconds`, or when `signal` aborts.
 * The path is `/proc/self/fd/N` of a descriptor kept open meanwhile. Out of watches, it waits its time.
 * @throws SystemError (at once, not by the promise) ENOENT, EACCES …
 */
export function waitForClose(path: string, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  const watch = addWatch(path);
  return new Promise((resolve) => {
    const from = watcher;
    const waiter: Waiter = { path, finish };
    const timer = setTimeout(finish, milliseconds, false);
    const onAbort = (): void => finish(false);
    function finish(closed: boolean): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (from !== undefined && watch !== undefined) leave(from, watch, waiter);
      resolve(closed);
    }
    if (from !== undefined && watch !== undefined) {
      const waiters = from.waiters.get(watch) ?? new Set();
      from.waiters.set(watch, waiters.add(waiter));
    }
    if (signal?.aborted === true) finish(false);
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
