/**
 * How close two changes may be and leave a file with one stamp. Since Linux 6.13 some filesystems give every change
 * after a look a stamp of its own (multigrain timestamps); others tick, the coarsest every two seconds.
 */
import { release } from 'node:os';
import { fileSystem } from '../../lib/os/stat.js';
import type { Bucket } from '../../lib/store/bucket.js';
import type { Node } from '../filesystem/node.js';

const COARSEST_NS = 2_000_000_000n;

/** f_type of those with FS_MGTIME: ext4, xfs, btrfs, tmpfs. */
const MULTIGRAIN: ReadonlySet<number> = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994]);

/** @param version of the kernel: `6.18.0-amd64` */
export function isMultigrain(version: string, type: number): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return MULTIGRAIN.has(type) && (major > 6 || (major === 6 && minor >= 13));
}

export class ClockTicks {
  readonly #byDevice = new Map<number, bigint>();

  /** Nanoseconds; 0 when no two changes of the node share a stamp that was looked at. */
  of(node: Node): bigint {
    const known = this.#byDevice.get(node.dev);
    if (known !== undefined) return known;
    const bucket = bucketOf(node);
    // What is mounted inside a bucket is of a kind nobody has looked into.
    const tick = bucket === undefined || bucket.dev !== node.dev ? COARSEST_NS : tickOf(bucket);
    if (bucket !== undefined) this.#byDevice.set(node.dev, tick);
    return tick;
  }
}

/** Inodes of 128 bytes have no room for nanoseconds. */
function tickOf({ rootFd, volume }: Bucket): bigint {
  const exact = volume.resolutionNs === 1n && isMultigrain(release(), fileSystem(rootFd).type);
  return exact ? 0n : volume.granularityNs;
}

function bucketOf(node: Node): Bucket | undefined {
  for (let at: Node | undefined = node; at !== undefined; at = at.link?.parent) {
    if (at.bucket !== undefined) return at.bucket;
  }
  return undefined;
}
