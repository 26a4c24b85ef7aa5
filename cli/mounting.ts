/** A store's mount as the settings want it: for `bucketree mount`, and for `serve --mount`. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { BucketName } from '../lib/names.js';
import type { StoreOptions } from '../lib/store/options.js';
import { MountError } from '../mount/kernel/mount-error.js';
import type { Mount } from '../mount/model.js';
import { accountId } from './accounts.js';
import { Fault } from './fault.js';
import type { Log } from './log.js';
import { mountChoices } from './mount-options.js';
import type { OptionValues } from './options.js';

type Wanted = Pick<OptionValues, 'mountOptions' | 'mountMode' | 'binding' | 'as'>;

type KnownAccounts = Parameters<typeof accountId>[0];

export interface Mounting {
  readonly plan: StoreOptions;
  /** Absolute. */
  readonly mountpoint: string;
  /** The bucket that is to be the root. */
  readonly bucket: BucketName | undefined;
  readonly values: Wanted;
  /** Asked only where the mount is to act as somebody. */
  readonly accounts: () => KnownAccounts;
  readonly log: Log;
}

/** @throws Fault */
export async function mountStore({
  plan,
  mountpoint,
  bucket,
  values,
  accounts,
  log,
}: Mounting): Promise<Mount> {
  const { readOnly, allowOther, nonEmpty, show, flags } = mountChoices(values.mountOptions);
  const as = values.as === undefined ? undefined : accountId(accounts(), values.as);
  try {
    const start =
      values.binding === 'fuse-native'
        ? (await import('../mount/native-mount.js')).startNativeMount
        : (await import('../mount/mount.js')).startMount;
    return await start({
      plan,
      mountpoint,
      bucket,
      readOnly: readOnly || plan.readOnly,
      // Root mounts for the whole machine: the kernel checks every file's own mode (default_permissions).
      allowOther: allowOther ?? process.geteuid?.() === 0,
      nonEmpty,
      show,
      flags,
      mode: values.mountMode,
      as,
      log,
    });
  } catch (error) {
    throw mountFault(error);
  }
}

/**
 * The mount of `serve --mount`; undefined when none is wanted. Serving goes on when somebody unmounts it.
 * @throws Fault
 */
export async function mountBeside(
  values: Wanted & Pick<OptionValues, 'mount'>,
  plan: StoreOptions,
  accounts: KnownAccounts,
  log: Log,
): Promise<Mount | undefined> {
  if (values.mount === undefined) return undefined;
  const mount = await mountStore({
    plan,
    mountpoint: values.mount,
    bucket: undefined,
    values,
    accounts: () => accounts,
    log,
  });
  let stopping = false;
  mount.ended.then(
    () => {
      if (!stopping) log.warn(`${mount.mountpoint} was unmounted; serving goes on`);
    },
    (error: unknown) =>
      log.error(`the mount on ${mount.mountpoint} failed; serving goes on`, { error: String(error) }),
  );
  return {
    mountpoint: mount.mountpoint,
    ended: mount.ended,
    stop: () => {
      stopping = true;
      return mount.stop();
    },
  };
}

/** What went wrong with a mount, as commands say it. Anything else comes back as it is. */
export function mountFault(error: unknown): unknown {
  return error instanceof MountError ? new Fault(1, error.message, error.remedy, error) : error;
}

/**
 * Which bucket is the root of `bucketree mount`: the one named without a directory, or the only one there is.
 * @throws Fault
 */
export function rootBucket(
  mappings: OptionValues['bucket'],
  directory: string | undefined,
): BucketName | undefined {
  const named = [...new Set(mappings.filter((one) => one.directory === undefined).map(({ name }) => name))];
  const [bucket, other] = named;
  if (other !== undefined)
    throw new Fault(2, `${bucket} and ${other} cannot both be the root`, 'mount each at a place of its own');
  if (bucket === undefined) {
    const [only, more] = mappings;
    return directory === undefined && more === undefined ? only?.name : undefined;
  }
  if (mappings.some((one) => one.name === bucket && one.directory !== undefined)) return bucket;
  if (directory === undefined)
    throw new Fault(
      2,
      `--bucket ${bucket} has no directory`,
      `--bucket ${bucket}=DIR, or name the store it is in`,
    );
  const path = join(directory, bucket);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new Fault(1, `there is no bucket ${bucket} in ${directory}`, `mkdir ${path}`);
  return bucket;
}
