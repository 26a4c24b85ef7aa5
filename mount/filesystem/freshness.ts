/** For how long the kernel may answer by itself. Who knows that changes reach the mount may grant more. */
import type { FullStat } from '../../lib/os/stat.js';
import type { Node } from './node.js';

/** Seconds. Asked once for each answer, right after the disk was. */
export interface Freshness {
  /** Names, and missing ones, of this directory. */
  nameFor(parent: Node): number;
  /** @param stat what the kernel is told */
  attributesFor(node: Node, stat: FullStat): number;
  /** Whether the kernel is told of every name that comes or goes there from now on. */
  isToldOf?(directory: Node): boolean;
}

/** Nobody tells: what others change shows within a second; what is written through a mapping, at once. */
export const ONE_SECOND: Freshness = {
  nameFor: () => 1,
  attributesFor: (node) => (node.writers > 0 ? 0 : 1),
};
