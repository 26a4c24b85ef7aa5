/**
 * Whether bytes read from an open file belong together (DESIGN: readers take no lock and never see a mixture).
 * A file that nobody was writing when reading began, and whose stamp could vouch for it, cannot have changed
 * while its size and modification time stayed: a change through write(2) or a mapping moves the time, and a
 * time that was put back shows in ctime.
 */
import { getAttribute } from '../os/attributes.js';
import { settled } from '../os/lease.js';
import { type Stat, statFd } from '../os/stat.js';
import { ATTRIBUTE } from './layout.js';
import { sameFile } from './stamp.js';

/** What was known of the file when reading began. */
export interface Before {
  readonly fd: number;
  readonly stat: Stat;
  /** Our attribute's bytes; undefined when there was none, or the filesystem keeps none. */
  readonly attribute: Buffer | undefined;
  /** What stands now where the object was found; undefined: nothing. */
  readonly name: () => Stat | undefined;
}

export function attributeOf(fd: number): Buffer | undefined {
  try {
    return getAttribute(fd, ATTRIBUTE);
  } catch {
    return undefined; // a filesystem without attributes: there is none to change
  }
}

/** unexplained: only the change time moved, and nothing else that moves it is to be seen. */
export type Since = 'untouched' | 'unexplained' | 'changed';

/**
 * What happened to the content since `before`, when nobody was writing. Somebody may have opened it for
 * writing meanwhile: the first store, by write(2) or into a new mapping, will move the modification time.
 */
export function happenedSince(before: Before): Since {
  return judged(before, statFd(before.fd));
}

/** Nothing happened to the content since `before`. */
export function isUntouched(before: Before): boolean {
  return happenedSince(before) === 'untouched';
}

function judged(before: Before, now: Stat): Since {
  const { stat } = before;
  if (now.size !== stat.size || now.mtimeNs !== stat.mtimeNs) return 'changed';
  if (now.ctimeNs === stat.ctimeNs) return 'untouched';
  if (settled(before.fd) === false) return 'changed';
  return isExplained(before, now) ? 'untouched' : 'unexplained';
}

const SECOND = 1_000_000_000n;

/**
 * A file at rest, watched while it is read piece by piece. Its change time may move once without an explanation
 * (chmod to the mode it has, another program's attribute): all before is then as it was, and all after is as it
 * will be at the end. Whether these are the same is for a digest of the whole to say.
 */
export class Watch {
  readonly #before: Before;
  #ctimeNs: bigint;
  #moved = false;

  constructor(before: Before) {
    this.#before = before;
    this.#ctimeNs = before.stat.ctimeNs;
  }

  /** What was read is of one content only if a digest of the whole, taken at the end, is the recorded one. */
  get moved(): boolean {
    return this.#moved;
  }

  /** After each piece, before the next is asked for. */
  look(): Since {
    const now = statFd(this.#before.fd);
    if (now.ctimeNs === this.#ctimeNs) return 'untouched';
    const since = judged(this.#before, now);
    if (since === 'untouched') this.#ctimeNs = now.ctimeNs;
    return since;
  }

  /** Takes what was unexplained for what it may be. @returns false: once is enough, or nobody could tell */
  accept(): boolean {
    const { ctimeNs } = statFd(this.#before.fd);
    // Where times are whole seconds, what comes after within the same one would not show.
    if (this.#moved || ctimeNs % SECOND === 0n) return false;
    this.#moved = true;
    this.#ctimeNs = ctimeNs;
    return true;
  }
}

/**
 * A change of ctime alone, by what changes it and leaves the content: mode, owner, links, a name moved away or
 * replaced, our own attribute. Anything else is somebody who put the modification time back.
 */
function isExplained(before: Before, now: Stat): boolean {
  const { stat } = before;
  if (now.mode !== stat.mode || now.uid !== stat.uid || now.gid !== stat.gid || now.nlink !== stat.nlink)
    return true;
  const there = before.name();
  if (there === undefined || !sameFile(there, stat)) return true;
  const attribute = attributeOf(before.fd);
  if (attribute === undefined || before.attribute === undefined) return attribute !== before.attribute;
  return !attribute.equals(before.attribute);
}
