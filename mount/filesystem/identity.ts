/**
 * Which inode is which node. The id is the filesystem's index above 48 bits of inode number, so that it survives
 * restarts and two filesystems may share a number; the generation tells an inode from the one that had its number.
 */
import type { FileHandle } from '../../lib/os/handle.js';
import type { FullStat } from '../../lib/os/stat.js';
import { type NodeId, ROOT } from './filesystem.js';

const INO_BITS = 48n;
const INO_LIMIT = 1n << INO_BITS;
/** The index of what has no place of its own: numbers beyond 48 bits, and those that would be 0 or the root's. */
const ELSEWHERE = 0xffffn << INO_BITS;

/** FILEID_INO32_GEN of linux/exportfs.h: inode number and generation, 32 bits each. */
export const INO32_GEN = 1;

/** Gives the same id for the same inode for as long as it lives. */
export class Identity {
  readonly #filesystems = new Map<number, bigint>();
  readonly #elsewhere = new Map<string, NodeId>();

  /** @param devices get their index in this order, whatever is looked up first */
  constructor(devices: readonly number[] = []) {
    for (const dev of devices) this.#base(dev);
  }

  #base(dev: number): bigint {
    const known = this.#filesystems.get(dev);
    if (known !== undefined) return known;
    const base = BigInt(this.#filesystems.size) << INO_BITS;
    this.#filesystems.set(dev, base);
    return base;
  }

  idOf(dev: number, ino: bigint): NodeId {
    const base = this.#base(dev);
    const id = base | ino;
    if (ino < INO_LIMIT && id > ROOT && base < ELSEWHERE) return id;
    const name = `${dev}:${ino}`;
    const known = this.#elsewhere.get(name);
    if (known !== undefined) return known;
    const given = ELSEWHERE + BigInt(this.#elsewhere.size);
    this.#elsewhere.set(name, given);
    return given;
  }

  /** Which inode an id is made of; undefined for one that was given, or of a filesystem not met yet. */
  inodeOf(id: NodeId): { readonly dev: number; readonly ino: bigint } | undefined {
    const ino = id & (INO_LIMIT - 1n);
    for (const [dev, base] of this.#filesystems) if ((base | ino) === id) return { dev, ino };
    return undefined;
  }
}

/** 32 bits that differ between inodes that had the same number one after the other. */
export function generationOf(stat: Pick<FullStat, 'birthtimeNs'>, handle: FileHandle | undefined): bigint {
  if (handle === undefined) return BigInt.asUintN(32, (stat.birthtimeNs ?? 0n) >> 10n);
  const { type, bytes } = handle;
  if (type === INO32_GEN && bytes.length === 8) return BigInt(bytes.readUInt32LE(4));
  return BigInt(hashed(bytes));
}

/** FNV-1a. */
function hashed(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
