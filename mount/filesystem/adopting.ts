/**
 * Directories made only to hold keys, when a person takes one for their own: changing its mode, owner, time, attributes
 * or name says that it is wanted, so it loses the mark and is not pruned when the last key in it is deleted.
 * What happens to entries in it leaves it as it is.
 */
import { isDirectory, statFd } from '../../lib/os/stat.js';
import { removeAttributeOf } from '../../lib/os/path-attributes.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { ATTRIBUTE } from '../../lib/store/layout.js';
import { dropRecord, readRecordOf } from '../../lib/store/records.js';
import { keyOf } from './held-object.js';

/** Nothing happens to what is no implicit directory. @param fd O_PATH or better */
export function adopt(bucket: Bucket, path: string | undefined, fd: number): void {
  const stat = statFd(fd);
  if (!isDirectory(stat)) return;
  const key = keyOf(path, stat);
  if (readRecordOf(bucket, key, fd, stat)?.kind !== 'implicit') return;
  if (bucket.volume.attributes) removeAttributeOf(fd, ATTRIBUTE);
  else dropRecord(bucket, key, undefined);
}
