/** A filesystem over one bucket in a directory of its own, and a kernel in front of it. */
import type { Test } from 'tap';
import type { BucketOptions } from '../../../lib/store/bucket.js';
import { type FilesystemOptions, StoreFilesystem } from '../../../mount/filesystem/store-filesystem.js';
import { bucketIn } from '../../lib/store/bucket-in.js';
import { LittleKernel } from './little-kernel.js';
import { PLAIN_FILES } from './plain-metadata.js';

export interface MountedDirectory {
  readonly directory: string;
  readonly filesystem: StoreFilesystem;
  readonly kernel: LittleKernel;
}

export function filesystemIn(
  t: Test,
  options: Partial<FilesystemOptions & { bucket: Partial<BucketOptions>; directory: string }> = {},
): MountedDirectory {
  const bucket = bucketIn(t, options.bucket, options.directory);
  const filesystem = new StoreFilesystem({ metadata: PLAIN_FILES, ...options, root: bucket });
  t.teardown(() => filesystem.close());
  return { directory: bucket.directory, filesystem, kernel: new LittleKernel(filesystem) };
}
