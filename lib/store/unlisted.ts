/** What listings leave out, and saying so once rather than with every page. */

export interface Unlisted {
  /** Path in the bucket; '' is the bucket itself. */
  readonly directory: string;
  /**
   * unreadable: the directory; unnameable: `count` names in it that are not UTF-8;
   * too-long: in it is what would be a key of more than 1,024 bytes
   */
  readonly why: 'unreadable' | 'unnameable' | 'too-long';
  readonly count: number;
}

/**
 * @param most so many are remembered; then everything is forgotten, and may be told once more
 * @returns what to hand to listings of one bucket
 */
export function toldOnce(tell: (unlisted: Unlisted) => void, most = 10_000): (unlisted: Unlisted) => void {
  const told = new Map<string, number>();
  return (unlisted) => {
    const what = `${unlisted.why} ${unlisted.directory}`;
    if (told.get(what) === unlisted.count) return;
    if (told.size >= most) told.clear();
    told.set(what, unlisted.count);
    tell(unlisted);
  };
}
