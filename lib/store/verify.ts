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

/**
 * Nothing happened to the content since `before`, when nobody was writing. Somebody may have opened it for
 * writing meanwhile: the first store, by write(2) or into a new mapping, will move the modification time.
 */
export function isUntouched(before: Before): boolean {
  const now = statFd(before.fd);
  const { stat } = before;
  if (now.size !== stat.size || now.mtimeNs !== stat.mtimeNs) return false;
  return now.ctimeNs === stat.ctimeNs || (settled(before.fd) !== false && isExplained(before, now));
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
