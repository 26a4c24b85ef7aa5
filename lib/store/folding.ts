/**
 * Whether names of another case reach the same entry. Where the filesystem does not say so itself (FUSE, SMB,
 * NTFS, XFS), two spellings of one name are tried. Inode numbers do not tell: exfat-fuse gives every spelling
 * of its own.
 */
import { randomBytes } from 'node:crypto';
import { foldsCase } from '../os/case-fold.js';
import { mkdirAt, rmdirAt } from '../os/link.js';
import { readNamesList } from '../os/names.js';
import { tryStatAt } from '../os/stat.js';

/**
 * @param directory open for reading
 * @param mayWrite a directory of an odd name may be made there for a moment, where nothing else tells
 */
export function foldsNames(directory: number, mayWrite: boolean): boolean {
  return foldsCase(directory) ?? bySpelling(directory) ?? (mayWrite && byTrial(directory));
}

/** By what stands there already; undefined where no name has a letter. */
function bySpelling(directory: number): boolean | undefined {
  const names = new Set(readNamesList(directory).map(({ name }) => name.toString('latin1')));
  for (const name of names) {
    const other = swapped(name);
    if (other === name || names.has(other)) continue;
    return tryStatAt(directory, Buffer.from(other, 'latin1')) !== undefined;
  }
  return undefined;
}

function byTrial(directory: number): boolean {
  const name = `.bucketree-probe-${randomBytes(6).toString('hex')}`;
  try {
    mkdirAt(directory, name, 0o700);
  } catch {
    return false;
  }
  try {
    return tryStatAt(directory, swapped(name)) !== undefined;
  } finally {
    rmdirAt(directory, name);
  }
}

/** Bytes as Latin-1: only ASCII letters change, what UTF-8 says otherwise stays. */
function swapped(name: string): string {
  return name.replace(/[a-z]|[A-Z]/g, (letter) =>
    letter >= 'a' ? letter.toUpperCase() : letter.toLowerCase(),
  );
}
