/** A thread that puts `a/b/NAME` and deletes it, over and over, making and pruning the directories. */
import { setTimeout } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import { closeFd, O, openAt } from '../../../lib/os/open.js';
import { unlinkAt } from '../../../lib/os/link.js';
import { isErrno } from '../../../lib/os/system-error.js';
import { Bucket } from '../../../lib/store/bucket.js';
import { closeAll, ensureDirectory, prune } from '../../../lib/store/directories.js';
import { parseBucketName } from '../../../lib/names.js';
import { OPTIONS } from './bucket-in.js';

const { directory, name } = workerData as { readonly directory: string; readonly name: string };
const bucket = new Bucket(parseBucketName('photos'), directory, true, OPTIONS);

for (let round = 0; round < 400; round++) {
  try {
    const made = ensureDirectory(bucket, 'a/b');
    if (made === undefined) continue;
    try {
      closeFd(openAt(made.fd, name, O.CREAT | O.WRONLY, 0o644));
      if (round % 4 === 0) await setTimeout(1);
      unlinkAt(made.fd, name);
    } finally {
      closeAll([made.fd, ...made.changed]);
    }
  } catch (error) {
    // Pruned by the other one in between: a publisher looks again.
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  const changed = prune(bucket, 'a/b');
  if (changed !== undefined) closeFd(changed);
}
prune(bucket, 'a/b');
bucket.close();
