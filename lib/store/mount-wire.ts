/**
 * What a process that changes the tree and a mount of it say to each other: one JSON object a line. The mount
 * speaks first and says what it shows; the publisher says what it changes and has each frame of changes
 * acknowledged. Both sides check everything: a line that is not one of these ends the connection.
 */

/** A directory as every process of this machine knows it: device and inode, in hexadecimal. */
export type RootId = string;

/** Paths are beneath the root: '' is the root itself. */
export interface Place {
  readonly root: RootId;
  readonly path: string;
}

/** The mount's: the roots it shows, said at the start and again when they change. */
export interface Shows {
  readonly kind: 'shows';
  /** Where it is mounted, for people. */
  readonly at: string;
  readonly roots: readonly RootId[];
  /** Files may have content in the kernel that is not on the disk yet, until `flush`. */
  readonly cached: boolean;
}

/** The publisher's: from now on the mount hears of every change it makes in these roots. */
export interface Publishes {
  readonly kind: 'publishes';
  readonly roots: readonly RootId[];
}

/** The publisher's: look at these again, the disk is as it is to be. */
export interface Changed {
  readonly kind: 'changed';
  readonly id: number;
  readonly places: readonly Place[];
}

/** The publisher's: put on the disk what was stored in these files through mappings. */
export interface Flush {
  readonly kind: 'flush';
  readonly id: number;
  readonly places: readonly Place[];
}

/** The mount's answer to either. */
export interface Done {
  readonly kind: 'done';
  readonly id: number;
}

export type ToMount = Publishes | Changed | Flush;
export type FromMount = Shows | Done;

/** Of the words themselves: another version is another language, and not talked to. */
const VERSION = 1;
const MAX_LINE = 4 * 1024 * 1024;
/** Places of one frame. */
export const MAX_PLACES = 500;
const MAX_ROOTS = 10_000;
/** No path is longer than a key. */
const MAX_PATH = 4096;

export function rootId({ dev, ino }: { readonly dev: number; readonly ino: bigint }): RootId {
  return `${dev.toString(16)}-${ino.toString(16)}`;
}

export function encode(message: ToMount | FromMount): string {
  return `${JSON.stringify({ v: VERSION, ...message })}\n`;
}

/** @throws Error for what is not a mount's word */
export function fromMount(line: string): FromMount {
  const { kind, id, at, roots, cached } = parse(line);
  if (kind === 'done' && isId(id)) return { kind, id };
  if (kind === 'shows' && isRoots(roots) && typeof cached === 'boolean' && isPath(at)) {
    return { kind, at, roots, cached };
  }
  throw new Error('not a word of a mount');
}

/** @throws Error for what is not a publisher's word */
export function toMount(line: string): ToMount {
  const { kind, id, roots, places } = parse(line);
  if (kind === 'publishes' && isRoots(roots)) return { kind, roots };
  if ((kind === 'changed' || kind === 'flush') && isId(id) && isPlaces(places)) return { kind, id, places };
  throw new Error('not a word of a publisher');
}

function parse(line: string): Record<string, unknown> {
  const words: unknown = JSON.parse(line);
  if (typeof words !== 'object' || words === null || !('v' in words) || words.v !== VERSION) {
    throw new Error(`not version ${VERSION}`);
  }
  return { ...words };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isRoot(value: unknown): value is RootId {
  return typeof value === 'string' && /^[0-9a-f]{1,16}-[0-9a-f]{1,16}$/.test(value);
}

function isRoots(value: unknown): value is readonly RootId[] {
  return Array.isArray(value) && value.length <= MAX_ROOTS && value.every(isRoot);
}

function isPlaces(value: unknown): value is readonly Place[] {
  return Array.isArray(value) && value.length <= MAX_PLACES && value.every(isPlace);
}

function isPlace(value: unknown): value is Place {
  if (typeof value !== 'object' || value === null || !('root' in value) || !('path' in value)) return false;
  return isRoot(value.root) && isPath(value.path);
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_PATH;
}

/** Cuts what arrives into lines. @throws Error for a line without end */
export class Lines {
  #rest = '';

  /** @param text decoded by the socket, so that no character is cut */
  take(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE) throw new Error('a line without end');
    return lines;
  }
}
