/** Nodes the kernel holds, made without a disk: for what is planned from them. */
import type { Stat } from '../../../lib/os/stat.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { Node } from '../../../mount/filesystem/node.js';
import type { Clocks } from '../../../mount/coherence/grants.js';

export const DEV = 7;
export const DIRECTORY = 0o040755;
export const FILE = 0o100644;

export function node(ino: number, mode: number = FILE): Node {
  const id = ino === 1 ? 1n : BigInt(ino);
  return new Node({
    id,
    generation: 0n,
    dev: DEV,
    ino: BigInt(ino),
    mode,
    handle: undefined,
    anchor: undefined,
  });
}

/** The kernel holds `child` under a name of `parent`. */
export function hang<T extends Node>(parent: Node, name: string, child: T): T {
  parent.children?.set(name, child);
  child.links.push({ parent, name });
  return child;
}

/** The root of a bucket. */
export function root(bucket: Partial<Bucket> = {}): Node {
  const made = node(1, DIRECTORY);
  made.bucket = { dev: DEV, ino: 1n, directory: '/nowhere/photos', ...bucket } as Bucket;
  return made;
}

export function statOf(ino: number, change: Partial<Stat> = {}): Stat {
  return {
    dev: DEV,
    ino: BigInt(ino),
    mode: FILE,
    nlink: 1,
    uid: 0,
    gid: 0,
    size: 5,
    mtimeNs: 1_000n,
    ctimeNs: 1_000n,
    birthtimeMs: undefined,
    mountId: undefined,
    ...change,
  };
}

/** Clocks the test moves. */
export class Hands implements Clocks {
  ms = 0;
  tickNs = 0n;
  readonly now = (): number => this.ms;
  readonly realtimeNs = (): bigint => BigInt(this.ms) * 1_000_000n;
  readonly granularityNs = (): bigint => this.tickNs;
}
