/**
 * The stamp: what a stat says of one state of one file. A cache entry is used only while a stat taken during
 * the request gives the same stamp, so the kernel is the coherence protocol and no invalidation can be lost.
 */
import type { Stat } from '../os/stat.js';

export interface Stamp {
  readonly dev: number;
  readonly ino: bigint;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export function stampOf(stat: Stat): Stamp {
  return { dev: stat.dev, ino: stat.ino, size: stat.size, mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs };
}

export function sameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.ctimeNs === b.ctimeNs &&
    a.mtimeNs === b.mtimeNs &&
    a.size === b.size &&
    a.ino === b.ino &&
    a.dev === b.dev
  );
}

export function sameFile(a: { dev: number; ino: bigint }, b: { dev: number; ino: bigint }): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

/**
 * Nanoseconds until the stamp can vouch for its content: a change within the same tick of the filesystem's
 * clock would leave it as it is (git's "racily clean"). 0 when it can; a change time in the future cannot yet.
 */
export function racyFor(stamp: { readonly ctimeNs: bigint }, granularityNs: bigint, nowNs: bigint): bigint {
  const old = stamp.ctimeNs + granularityNs;
  return nowNs >= old ? 0n : old - nowNs;
}

export function milliseconds(ns: bigint): number {
  return Number(ns / 1_000_000n);
}
