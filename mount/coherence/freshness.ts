/**
 * For how long the kernel may answer by itself. A second always; up to a minute where two things hold: whoever
 * changes the bucket through a door tells us first, and what others do in the directory is seen by inotify.
 */
import type { Stat } from '../../lib/os/stat.js';
import { type RootId } from '../../lib/store/mount-wire.js';
import type { Freshness } from '../filesystem/freshness.js';
import type { Node } from '../filesystem/node.js';
import type { Grants } from './grants.js';
import type { Reach } from './reach.js';
import type { Stirred } from './stirred.js';
import type { Watches } from './watches.js';

const SHORT = 1;
const LONG = 60;

export interface FreshnessOptions {
  readonly grants: Grants;
  readonly reach: Reach;
  readonly watches: Watches | undefined;
  readonly stirred: Stirred | undefined;
  /** The directory that is the mount's root, where buckets are names in it. */
  readonly store: RootId | undefined;
  /** Whether nobody can write into the file any more; undefined: cannot be asked. */
  readonly settled: (node: Node) => boolean | undefined;
}

export class WatchedFreshness implements Freshness {
  readonly #options: FreshnessOptions;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  /**
   * A directory that is not watched yet is from now on: this answer was looked up before, so it is believed for a
   * second only.
   */
  nameFor(directory: Node): number {
    const seconds = this.#watched(directory) ? LONG : SHORT;
    this.#options.grants.names(directory, seconds);
    return seconds;
  }

  attributesFor(node: Node, stat: Stat): number {
    const seconds = this.#secondsFor(node, stat);
    this.#options.grants.attributes(node, stat, seconds);
    return seconds;
  }

  #secondsFor(node: Node, stat: Stat): number {
    if (node.isDirectory) return this.#watched(node) ? LONG : SHORT;
    if (node.writers > 0) return 0;
    if (node.written && !this.#hasSettled(node)) return 0;
    const { watches, stirred } = this.#options;
    const parent = node.link?.parent;
    if (parent === undefined || !this.#reached(parent)) return SHORT;
    // Its other names may be in directories we do not watch, and removing one of them changes it.
    if (stat.nlink > 1) return 0;
    return watches?.has(parent) === true && stirred?.has(parent) !== true ? LONG : SHORT;
  }

  isToldOf(directory: Node): boolean {
    return this.#watched(directory);
  }

  /** A mapping outlives the descriptor it was made with, and stores through it move no stamp. */
  #hasSettled(node: Node): boolean {
    if (this.#options.settled(node) === false) return false;
    node.written = false;
    return true;
  }

  /** Before the call, that is: since before what it is asked for was looked at. */
  #watched(directory: Node): boolean {
    const { watches } = this.#options;
    if (watches === undefined || !this.#reached(directory)) return false;
    if (watches.has(directory)) return true;
    watches.add(directory);
    return false;
  }

  #reached(node: Node): boolean {
    const { reach, store } = this.#options;
    for (let at: Node | undefined = node; at !== undefined; at = at.link?.parent) {
      if (at.bucket !== undefined) return reach.reaches(at.bucket);
      if (at.link === undefined) return store !== undefined && reach.has(store);
    }
    return false;
  }
}
