/**
 * A store, mounted through fuse-native: on this thread, because the library answers on no other. Nothing in this
 * process may touch what is mounted.
 */
import { LIMITS, mountNative } from './fuse-native/binding.js';
import { Objects } from './filesystem/objects.js';
import { StoreFilesystem } from './filesystem/store-filesystem.js';
import { TopLevel } from './filesystem/top-level.js';
import { MountError } from './kernel/mount-error.js';
import { mountAt, readMountTable } from './kernel/mount-table.js';
import { prepareMountpoint } from './kernel/mountpoint.js';
import type { Mount, MountOptions } from './model.js';
import { rootsOf } from './roots.js';

/** The library does not say when somebody else unmounts. */
const LOOK_EVERY_MS = 1000;

/** @throws MountError with the remedy */
export async function startNativeMount(options: MountOptions): Promise<Mount> {
  const { plan, bucket, readOnly, allowOther, log } = options;
  const roots = rootsOf(plan, bucket);
  const mountpoint = await prepareMountpoint({
    path: options.mountpoint,
    roots,
    nonEmpty: options.nonEmpty ?? false,
    say: (message) => log.warn(message),
  });
  const report = (error: Error): void => log.warn(error.message);
  const top = new TopLevel(plan, { owner: options.as, report, now: Date.now });
  const root = bucket === undefined ? top : top.lookup(Buffer.from(bucket));
  if (root === undefined) throw new MountError(`there is no bucket ${bucket}`);
  const filesystem = new StoreFilesystem({
    root,
    metadata: new Objects(Date.now),
    readOnly,
    show: options.show,
  });
  const native = await mountNative(filesystem, {
    mountpoint,
    readOnly,
    allowOther,
    source: roots[0] ?? 'bucketree',
  }).catch((error: unknown) => {
    filesystem.close();
    top.close();
    throw new MountError(error instanceof Error ? error.message : String(error));
  });
  for (const limit of LIMITS) log.info(`fuse-native: ${limit}`);
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  const look = setInterval(() => {
    if (mountAt(readMountTable(), mountpoint)?.type.startsWith('fuse') !== true) void stop();
  }, LOOK_EVERY_MS);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    clearInterval(look);
    return (stopped ??= native
      .stop()
      // It is gone already, or busy: then it is detached, and goes with its last user.
      .catch((error: unknown) => log.warn(`unmounting ${mountpoint}: ${String(error)}`))
      .finally(() => {
        top.close();
        over();
      }));
  };
  return { mountpoint, ended, stop };
}
