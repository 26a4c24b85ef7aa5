/**
 * What "200 means it is on the disk" costs. fsync(2) waits on libuv's pool, not on the thread that asks, and
 * directories (and logs) are synced once for everybody who waits: who comes while a sync is running joins the next one.
 */
import { dataSyncFd, syncFd } from '../os/fsync.js';
import { closeFd } from '../os/open.js';
import { duplicate } from '../os/reopen.js';
import { statFd } from '../os/stat.js';

/**
 * - full: file and directory entries are synced before the answer
 * - data: the file's content only
 * - none: neither; the kernel writes when it likes
 */
export type Durability = 'full' | 'data' | 'none';

/** Before publishing: content and attributes of a new file. @throws the error of fsync; never try it again */
export async function syncContent(durability: Durability, fd: number): Promise<void> {
  if (durability === 'full') await syncFd(fd);
  else if (durability === 'data') await dataSyncFd(fd);
}

interface Turn {
  /** The sync that everybody who comes now will get. */
  next: Promise<void> | undefined;
  running: Promise<void>;
}

const turns = new Map<string, Turn>();

/**
 * After publishing: the entries made or removed in these directories.
 * @param directories descriptors, which this closes
 */
export async function syncEntries(durability: Durability, directories: readonly number[]): Promise<void> {
  if (durability !== 'full') {
    for (const fd of directories) closeFd(fd);
    return;
  }
  await Promise.all(directories.map(syncDirectory));
}

/** After appending to a file that others append to as well. `fd` stays the caller's. */
export async function syncAppended(durability: Durability, fd: number): Promise<void> {
  if (durability !== 'full') return;
  const { dev, ino } = statFd(fd);
  await shared(`${dev}:${ino}`, fd);
}

async function syncDirectory(fd: number): Promise<void> {
  try {
    const { dev, ino } = statFd(fd);
    await shared(`${dev}:${ino}`, fd);
  } finally {
    closeFd(fd);
  }
}

function shared(inode: string, fd: number): Promise<void> {
  const turn = turns.get(inode);
  if (turn === undefined) {
    const first: Turn = { running: syncFd(fd), next: undefined };
    turns.set(inode, first);
    void settle(inode, first);
    return first.running;
  }
  // Their descriptors may be closed before the next sync starts: it needs one of its own.
  turn.next ??= after(turn.running, duplicate(fd));
  return turn.next;
}

async function after(running: Promise<void>, fd: number): Promise<void> {
  try {
    await running.catch(() => undefined);
    await syncFd(fd);
  } finally {
    closeFd(fd);
  }
}

/** Hands the turn on until nobody waits. */
async function settle(inode: string, turn: Turn): Promise<void> {
  for (;;) {
    await turn.running.catch(() => undefined);
    if (turn.next === undefined) break;
    turn.running = turn.next;
    turn.next = undefined;
  }
  turns.delete(inode);
}
