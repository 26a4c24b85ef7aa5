/**
 * Where mounts show a key: by the bucket's own directory, for a mount of the bucket, and by the one that directory
 * stands in, for a mount of the store. Keys no path can express are in no mount.
 */
import { basename, dirname } from 'node:path';
import { type Stat, tryStatPath } from '../os/stat.js';
import type { BucketName } from '../names.js';
import type { Bucket } from './bucket.js';
import { type Place, rootId, type RootId } from './mount-wire.js';
import type { StoreOptions } from './options.js';
import { pathPlace } from './paths.js';

type Where = Pick<StoreOptions, 'directory' | 'buckets'>;

/**
 * @param bucket undefined when it was just deleted
 * @param keys '' is the bucket itself
 */
export function placesOf(
  where: Where,
  name: BucketName,
  bucket: Pick<Bucket, 'dev' | 'ino'> | undefined,
  keys: readonly string[],
): readonly Place[] {
  const directory = where.buckets.get(name) ?? join(where.directory, name);
  const above = directory === undefined ? undefined : statOf(dirname(directory));
  const places: Place[] = [];
  for (const key of keys) {
    const path = key === '' ? '' : pathPlace(key)?.path;
    if (path === undefined) continue;
    if (bucket !== undefined) places.push({ root: rootId(bucket), path });
    if (above === undefined || directory === undefined) continue;
    const here = basename(directory);
    places.push({ root: rootId(above), path: path === '' ? here : `${here}/${path}` });
  }
  return places;
}

/** The directories all changes of a store are made beneath. */
export function rootsOf({ directory, buckets }: Where): readonly RootId[] {
  return [...(directory === undefined ? [] : [directory]), ...buckets.values()]
    .map(statOf)
    .filter((stat) => stat !== undefined)
    .map(rootId);
}

function join(directory: string | undefined, name: string): string | undefined {
  return directory === undefined ? undefined : `${directory}/${name}`;
}

function statOf(directory: string): Stat | undefined {
  try {
    return tryStatPath(directory);
  } catch {
    return undefined;
  }
}
