/** What each bucket keeps of its own: settings that got lost, objects that a path hides. Nothing is written. */
import { toStoreError } from '../../lib/errors.js';
import type { BucketName } from '../../lib/names.js';
import { Buckets } from '../../lib/store/buckets.js';
import type { StoreOptions } from '../../lib/store/options.js';
import { shadowedKeys } from '../../lib/store/shadowed-keys.js';
import { type Finding, note, ok, problem } from './finding.js';

/** @param most keys of each bucket to look at */
export function examineBuckets(options: StoreOptions, most = 1_000_000): readonly Finding[] {
  const buckets = new Buckets({ ...options, readOnly: true });
  try {
    return buckets.names().flatMap((name) => examine(buckets, name, most));
  } finally {
    buckets.close();
  }
}

function examine(buckets: Buckets, name: BucketName, most: number): readonly Finding[] {
  try {
    const bucket = buckets.get(name);
    const where = bucket.directory;
    const info = buckets.info(name);
    const findings = [
      ...(info.settingsLost === true ? [lost(where, info.settings.owner)] : []),
      ...shadowed(where, shadowedKeys(bucket, most)),
    ];
    return findings.length > 0 ? findings : [ok('bucket', `${name} has what it needs`, where)];
  } catch (error) {
    const { code, message } = toStoreError(error, name);
    // A file with a bucket's name, or a directory that just went.
    if (code === 'NoSuchBucket') return [];
    const remedy =
      code === 'Internal' ? 'restore .bucketree/bucket.json from a backup' : 'let the service read it';
    return [problem('bucket', `${name} cannot be served: ${message}`, remedy)];
  }
}

function lost(directory: string, owner: string | undefined): Finding {
  const whose = owner === undefined ? 'the root account' : `its owner (account ${owner})`;
  return problem(
    'settings',
    `it had settings, and .bucketree/bucket.json is gone: only ${whose} is answered. rsync --delete does this, unless it is told to --exclude .bucketree`,
    `restore .bucketree from a backup; or give the settings up, for the root account: setfattr -x user.bucketree.settings ${directory}`,
    directory,
  );
}

function shadowed(
  directory: string,
  { count, example }: ReturnType<typeof shadowedKeys>,
): readonly Finding[] {
  if (example === undefined) return [];
  const { key, path } = example;
  return [
    note(
      'shadowed',
      `${count === 1 ? 'one object' : `${count} objects`} under .bucketree/keys cannot be reached: a file or directory of the same key is served in place of it (such as ${key})`,
      `to have it back, move ${directory}/${key} away; to be rid of it, rm ${directory}/${path}`,
      directory,
    ),
  ];
}
