/** What is to be served, checked before anything is opened: every mistake is named with its remedy. */
import { accessSync, constants, statSync } from 'node:fs';
import { errnoOf } from '../lib/errors.js';
import type { StoreOptions } from '../lib/store/options.js';
import { Fault } from './fault.js';
import type { OptionValues } from './options.js';

export function planStore(values: OptionValues): StoreOptions {
  const { directory, owner, umask } = values;
  if (directory === undefined && values.bucket.length === 0) {
    throw new Fault(2, 'nothing to serve', 'bucketree serve DIR, or bucketree serve --bucket NAME=DIR');
  }
  const buckets = new Map<string, string>();
  for (const { name, directory: mapped } of values.bucket) {
    if (mapped === undefined)
      throw new Fault(2, `--bucket ${name} is not accepted`, `it is NAME=DIR: ${name}=/srv/${name}`);
    const other = buckets.get(name);
    if (other !== undefined && other !== mapped) {
      throw new Fault(
        2,
        `bucket ${name} is both ${other} and ${mapped}`,
        'give each bucket a name of its own',
      );
    }
    buckets.set(name, mapped);
  }
  for (const path of [...(directory === undefined ? [] : [directory]), ...buckets.values()])
    checkDirectory(path);
  return {
    directory,
    buckets,
    durability: values.durability,
    owner,
    umask,
    followSymlinks: values.followSymlinks,
    readOnly: values.readOnly,
    cacheBytes: values.cacheMemory,
  };
}

/** @throws Fault */
function checkDirectory(path: string): void {
  try {
    if (!statSync(path).isDirectory())
      throw new Fault(1, `${path} is not a directory`, 'name the directory it is in');
    accessSync(path, constants.R_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof Fault) throw error;
    const errno = errnoOf(error) ?? 'unreadable';
    if (errno === 'ENOENT') throw new Fault(1, `there is no directory ${path}`, `mkdir -p ${path}`, error);
    if (errno === 'EACCES')
      throw new Fault(1, `${path} may not be read (EACCES, ${whoAmI()})`, denied(path), error);
    throw new Fault(1, `cannot open ${path}: ${errno}`, undefined, error);
  }
}

function whoAmI(): string {
  return `uid ${process.getuid?.() ?? '?'}`;
}

function denied(path: string): string {
  return `setfacl -m u:${process.getuid?.() ?? 'USER'}:rwx ${path}, or start as the user it belongs to`;
}
