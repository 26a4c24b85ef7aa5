/**
 * Where a key lives, by its spelling alone. Most keys are paths; those no path can express are stored under
 * `keys/` in hex, so that no two keys ever share a place. What stands on the disk may still send a
 * path-expressible key there: that is decided by `locate.ts`.
 */
import { KEYS, RESERVED } from './layout.js';

export interface PathPlace {
  readonly kind: 'path';
  /** Relative to the bucket: `2026/cat.jpg`; no slash at the end. */
  readonly path: string;
  /** `2026`, or '' for the bucket itself. */
  readonly parent: string;
  /** `cat.jpg` */
  readonly name: string;
  /** The key ended in '/': it names a directory object. */
  readonly directory: boolean;
}

export interface HiddenPlace {
  readonly kind: 'hidden';
  readonly path: string;
  readonly parent: string;
  readonly name: string;
  readonly directory: false;
}

export type Place = PathPlace | HiddenPlace;

const MAX_NAME_BYTES = 255;
/** Two hex digits a byte, and a dot behind the last chunk, make 255. */
const CHUNK_BYTES = 127;

/** Most segments are short: a UTF-16 unit makes at most three bytes, so only long ones are measured. */
function expressible(segment: string): boolean {
  return (
    segment !== '' &&
    segment !== '.' &&
    segment !== '..' &&
    segment !== RESERVED &&
    (segment.length <= MAX_NAME_BYTES / 3 || Buffer.byteLength(segment) <= MAX_NAME_BYTES)
  );
}

/** The path a key spells, or undefined when none can express it (`a//b`, `../x`, a segment of 300 bytes). */
export function pathPlace(key: string): PathPlace | undefined {
  if (key.includes('\0')) return undefined;
  const directory = key.endsWith('/');
  const path = directory ? key.slice(0, -1) : key;
  let start = 0;
  for (;;) {
    const slash = path.indexOf('/', start);
    if (!expressible(slash === -1 ? path.slice(start) : path.slice(start, slash))) return undefined;
    if (slash === -1) break;
    start = slash + 1;
  }
  return {
    kind: 'path',
    path,
    parent: start === 0 ? '' : path.slice(0, start - 1),
    name: path.slice(start),
    directory,
  };
}

/**
 * The place under `keys/`: lower-case hex in chunks of 127 bytes, each a directory, the last with '.' appended.
 * With directories sorting as `name/`, the byte order of these names is the order of the keys.
 */
export function hiddenPlace(key: string): HiddenPlace {
  const chunks = hexChunks(Buffer.from(key));
  const name = `${chunks.pop() ?? ''}.`;
  const parent = [KEYS, ...chunks].join('/');
  return { kind: 'hidden', path: `${parent}/${name}`, parent, name, directory: false };
}

function hexChunks(key: Buffer): string[] {
  const hex = key.toString('hex');
  const chunks: string[] = [];
  for (let at = 0; at < hex.length; at += 2 * CHUNK_BYTES) chunks.push(hex.slice(at, at + 2 * CHUNK_BYTES));
  return chunks;
}

/**
 * How the places below `keys/` of all keys that start with these bytes begin; in the order of those places it
 * stands before all of them, and behind those of all lesser keys.
 */
export function hiddenPrefix(bytes: Buffer): string {
  return hexChunks(bytes).join('/');
}

/** The key behind a hidden place, from its path below `keys/`; undefined when we did not make that name. */
export function keyOfHidden(path: string): string | undefined {
  const hex = path.replaceAll('/', '');
  if (!/^(?:[0-9a-f]{2})+\.$/.test(hex)) return undefined;
  const key = Buffer.from(hex.slice(0, -1), 'hex').toString('utf8');
  return hiddenPlace(key).path === `${KEYS}/${path}` ? key : undefined;
}
