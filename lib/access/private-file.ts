/**
 * A file for its owner alone, replaced whole: readers and a crash find the old text or the new. Several
 * programs may change it at the same time: each sees what the one before wrote.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { errnoOf, StoreError } from '../errors.js';
import { lockRange } from '../os/range-lock.js';

/** undefined when it is not there. A symbolic link is not followed. */
export function readPrivate(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    if (!fstatSync(fd).isFile()) throw new StoreError('InvalidArgument', `${path} is not a file`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes the directory (0700; its parent too when `parents`), takes the lock beside the file, and writes
 * what `change` makes of the present content (0600, synced) in its place. Blocks while another holds the lock.
 */
export function changePrivate(
  path: string,
  change: (content: Buffer | undefined) => string | undefined,
  options: { readonly parents: boolean },
): void {
  const directory = dirname(path);
  makePrivateDirectory(directory, options.parents);
  const lock = openSync(`${path}.lock`, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    lockRange(lock, 0, 1, { wait: true });
    const text = change(readPrivate(path));
    if (text !== undefined) replace(path, directory, text);
  } finally {
    closeSync(lock);
  }
}

function replace(path: string, directory: string, text: string): void {
  const temporary = join(directory, `.${randomBytes(8).toString('hex')}.new`);
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    try {
      fchmodSync(fd, 0o600);
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  syncDirectory(directory);
}

/** Existing ones keep their mode, when nobody else can write there. @throws StoreError InvalidArgument */
function makePrivateDirectory(directory: string, parents: boolean): void {
  if (parents) mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
  try {
    mkdirSync(directory, { mode: 0o700 });
    syncDirectory(dirname(directory));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    if (!lstatSync(directory).isDirectory()) {
      throw new StoreError('InvalidArgument', `${directory} is not a directory: move it away`);
    }
  }
}

function syncDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
