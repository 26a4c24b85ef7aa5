/**
 * What the kernel may still answer from by itself: for each node the attributes it was told last and until when
 * they may be believed, and for each directory until when a name, there or missing, may be. What it does not hold
 * need not be taken from it, and what it holds that is still so is left to it.
 */
import type { Stat } from '../../lib/os/stat.js';
import type { Node } from '../filesystem/node.js';

export type Told = Pick<Stat, 'size' | 'mtimeNs' | 'ctimeNs' | 'nlink'>;

export interface Clocks {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Nanoseconds since 1970, as files are stamped. */
  readonly realtimeNs: () => bigint;
  /** Two changes of a file closer than this may leave it with one stamp. */
  readonly granularityNs: (node: Node) => bigint;
}

interface Names {
  until: number;
  /** Taken from the kernel since it was last told any. */
  readonly taken: Set<string>;
}

/** Names remembered as taken, of one directory. */
const MAX_TAKEN = 1000;

/** The kernel counts from when the answer reached it. */
const MARGIN_MS = 1000;

interface Attributes {
  readonly until: number;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly nlink: number;
  /** A later change cannot have left the same stamp. */
  readonly vouches: boolean;
}

export class Grants {
  readonly #clocks: Clocks;
  readonly #attributes = new WeakMap<Node, Attributes>();
  readonly #names = new WeakMap<Node, Names>();

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
  }

  /** The kernel is told these attributes. */
  attributes(node: Node, { size, mtimeNs, ctimeNs, nlink }: Told, seconds: number): void {
    if (seconds === 0) {
      this.#attributes.delete(node);
      return;
    }
    const { now, realtimeNs, granularityNs } = this.#clocks;
    const tick = granularityNs(node);
    const vouches = tick === 0n || realtimeNs() - ctimeNs > tick;
    const until = now() + seconds * 1000 + MARGIN_MS;
    this.#attributes.set(node, { until, size, mtimeNs, ctimeNs, nlink, vouches });
  }

  /** The kernel is told of a name in the directory, or that there is none. */
  names(directory: Node, seconds: number): void {
    if (seconds === 0) return;
    const until = this.#clocks.now() + seconds * 1000 + MARGIN_MS;
    const names = this.#names.get(directory);
    if (names === undefined) this.#names.set(directory, { until, taken: new Set() });
    else {
      names.until = Math.max(names.until, until);
      if (names.taken.size > 0) names.taken.clear();
    }
  }

  /** Whether the kernel may take the name for there, or for missing, without asking. */
  holdsName(directory: Node, name: string): boolean {
    const names = this.#names.get(directory);
    return names !== undefined && names.until > this.#clocks.now() && !names.taken.has(name);
  }

  /** The kernel is about to drop the name. */
  takenName(directory: Node, name: string): void {
    const taken = this.#names.get(directory)?.taken;
    if (taken !== undefined && taken.size < MAX_TAKEN) taken.add(name);
  }

  /** Whether the kernel may show other attributes than these for the node. */
  holdsStale(node: Node, { size, mtimeNs, ctimeNs, nlink }: Told): boolean {
    const told = this.#attributes.get(node);
    if (told === undefined || told.until <= this.#clocks.now()) return false;
    return (
      !told.vouches ||
      told.ctimeNs !== ctimeNs ||
      told.mtimeNs !== mtimeNs ||
      told.size !== size ||
      told.nlink !== nlink
    );
  }

  /** Whether the kernel may show any attributes of the node without asking. */
  holdsAttributes(node: Node): boolean {
    const told = this.#attributes.get(node);
    return told !== undefined && told.until > this.#clocks.now();
  }

  /** The kernel is about to drop them. */
  taken(node: Node): void {
    this.#attributes.delete(node);
  }
}
