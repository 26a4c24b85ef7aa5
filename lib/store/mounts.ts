/**
 * Telling the mounts on this machine what changes, before anybody is told that it did: the kernel answers from
 * memory for a mount, and must be made to look again. Without a mount it costs one stat of the directory where
 * mounts leave their sockets.
 */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../errors.js';
import { type Stat, tryStatPath } from '../os/stat.js';
import { realtimeNs } from '../os/times.js';
import { MountLink } from './mount-link.js';
import type { Place, RootId } from './mount-wire.js';
import { isTrusted, isTrustedSocket } from './runtime-directory.js';

export interface MountsOptions {
  /** Where mounts leave their sockets (`runtimeDirectories`). */
  readonly directories: readonly string[];
  /** What this process changes: its store's directory, buckets that are elsewhere. */
  readonly publishes: () => readonly RootId[];
  readonly report: (error: StoreError) => void;
}

/** How a mount's socket is called; what it starts as has a dot in front. */
export const SOCKET = /^[0-9a-f]{16}\.sock$/;
/** A mount that came is found within this time although nothing changes, and may trust its memory for longer. */
const LOOK_MS = 2000;
/** A directory that changed so recently may have changed again without its time telling. */
const RACY_NS = 100_000_000n;

interface Seen {
  readonly ino: bigint;
  readonly mtimeNs: bigint;
  /** Its time vouched for it when it was read. */
  readonly settled: boolean;
}

export class Mounts {
  readonly #options: MountsOptions;
  readonly #seen = new Map<string, Seen>();
  readonly #links = new Map<string, MountLink>();
  readonly #uid = process.getuid?.() ?? 0;
  readonly #looking: NodeJS.Timeout | undefined;

  constructor(options: MountsOptions) {
    this.#options = options;
    if (options.directories.length === 0) return;
    this.#look();
    this.#looking = setInterval(() => this.#lookAgain(), LOOK_MS);
    this.#looking.unref();
  }

  /**
   * These are not what they were. Resolves when every mount that shows them has been told and sees it, or after
   * a second, for the one that did not answer.
   * @param places asked for only when there are mounts
   * @returns undefined when there is nobody to tell
   */
  changed(places: () => readonly Place[]): Promise<void> | undefined {
    return this.#tell('changed', places);
  }

  /** Whether some mount keeps content in the kernel until it is asked for it. */
  get holdBack(): boolean {
    if (this.#links.size === 0) return false;
    for (const { cached } of this.#links.values()) if (cached) return true;
    return false;
  }

  /** Resolves when what was stored in these files through mappings, in mounts that hold such content back, is on the disk. */
  flush(places: () => readonly Place[]): Promise<void> | undefined {
    return this.#tell('flush', places);
  }

  #tell(kind: 'changed' | 'flush', places: () => readonly Place[]): Promise<void> | undefined {
    this.#look();
    if (this.#links.size === 0) return undefined;
    const where = places();
    const told = [...this.#links.values()]
      .map((link) => link.tell(kind, where))
      .filter((telling) => telling !== undefined);
    return told.length === 0 ? undefined : Promise.all(told).then(() => undefined);
  }

  #lookAgain(): void {
    this.#seen.clear();
    this.#look();
  }

  #look(): void {
    for (const directory of this.#options.directories) {
      const now = statOf(directory);
      const seen = this.#seen.get(directory);
      if (now === undefined) {
        if (seen !== undefined) this.#seen.delete(directory);
        continue;
      }
      if (seen?.settled === true && seen.mtimeNs === now.mtimeNs && seen.ino === now.ino) continue;
      const settled = realtimeNs() - now.mtimeNs > RACY_NS;
      this.#seen.set(directory, { ino: now.ino, mtimeNs: now.mtimeNs, settled });
      this.#read(directory);
    }
  }

  #read(directory: string): void {
    try {
      const owner = lstatSync(directory);
      if (!isTrusted(directory, owner, this.#uid)) return;
      for (const name of readdirSync(directory)) {
        const path = join(directory, name);
        if (!SOCKET.test(name) || this.#links.has(path)) continue;
        if (isTrustedSocket(lstatSync(path), owner, this.#uid)) this.#links.set(path, this.#link(path));
      }
    } catch {
      // The directory, or a socket in it, went meanwhile, or is not for us: no mount of ours is there.
    }
  }

  #link(path: string): MountLink {
    return new MountLink(path, {
      introduced: this.#options.publishes,
      late: ({ at }) =>
        this.#options.report(
          new StoreError('Busy', `the mount at ${at} does not answer: it may show what was before`, { at }),
        ),
      ended: (_, refused) => {
        this.#links.delete(path);
        if (refused) removeStale(path);
      },
    });
  }

  close(): void {
    clearInterval(this.#looking);
    for (const link of this.#links.values()) link.close();
  }
}

function statOf(directory: string): Stat | undefined {
  try {
    return tryStatPath(directory);
  } catch {
    return undefined;
  }
}

/** What a process left that ended without saying so. */
function removeStale(path: string): void {
  try {
    rmSync(path);
  } catch {
    // Not ours to remove, or somebody was quicker.
  }
}
