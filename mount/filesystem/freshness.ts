/** For how long the kernel may answer by itself. Who knows that changes reach the mount may grant more. */
import type { Node } from './node.js';

/** Seconds. */
export interface Freshness {
  /** Names, and missing ones, of this directory. */
  nameFor(parent: Node): number;
  attributesFor(node: Node): number;
}

/** Nobody tells: what others change shows within a second; what is written through a mapping, at once. */
export const ONE_SECOND: Freshness = {
  nameFor: () => 1,
  attributesFor: (node) => (node.writers > 0 ? 0 : 1),
};
