/** A directory mounted by fuse-native, in a process of its own: `node host.js DIRECTORY MOUNTPOINT`. */
import type { BucketName } from '../../../lib/names.js';
import { Bucket } from '../../../lib/store/bucket.js';
import { StoreFilesystem } from '../../../mount/filesystem/store-filesystem.js';
import { mountNative } from '../../../mount/fuse-native/binding.js';
import { OPTIONS } from '../../lib/store/bucket-in.js';
import { PLAIN_FILES } from '../filesystem/plain-metadata.js';

const [, , directory = '', mountpoint = ''] = process.argv;
const root = new Bucket('plain' as BucketName, directory, true, OPTIONS);
const filesystem = new StoreFilesystem({ root, metadata: PLAIN_FILES });
const { stop } = await mountNative(filesystem, {
  mountpoint,
  readOnly: false,
  allowOther: true,
  source: directory,
});
process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
process.stdout.write('mounted\n');
