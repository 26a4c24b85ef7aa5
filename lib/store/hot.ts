/**
 * Objects in memory, on the thread that serves HTTP. An entry answers only if a stat taken now, of the inode the
 * key leads to now, gives the stamp it was made from.
 */
import { ByteCache } from './cache.js';
import { settled } from '../os/lease.js';
import { closeFd, O, tryOpenBeneath } from '../os/open.js';
import { statFd } from '../os/stat.js';
import type { Bucket } from './bucket.js';
import type { ObjectInfo } from './model.js';
import { sameStamp, type Stamp } from './stamp.js';

export interface HotObject {
  readonly stamp: Stamp;
  /** Beneath the bucket. */
  readonly path: string;
  readonly info: ObjectInfo;
  /** Small bodies only. */
  readonly body: Buffer | undefined;
}

/** An entry without its body: object, strings, the cache's own bookkeeping. */
const ENTRY_BYTES = 700;

export class HotObjects {
  readonly #cache: ByteCache<HotObject>;

  constructor(maxBytes: number) {
    this.#cache = new ByteCache({
      maxBytes,
      sizeOf: (object) => ENTRY_BYTES + 2 * object.path.length + (object.body?.length ?? 0),
    });
  }

  /** One open (without access), one stat, one close. */
  get(bucket: Bucket, key: string): HotObject | undefined {
    const name = nameOf(bucket, key);
    const hot = this.#cache.get(name);
    if (hot === undefined) return undefined;
    const fd = tryOpenBeneath(bucket.rootFd, hot.path, O.PATH | O.NOFOLLOW);
    if (fd >= 0) {
      try {
        if (sameStamp(hot.stamp, statFd(fd))) return hot;
      } finally {
        closeFd(fd);
      }
    }
    this.#cache.delete(name);
    return undefined;
  }

  set(bucket: Bucket, key: string, hot: HotObject): void {
    this.#cache.set(nameOf(bucket, key), hot);
  }
}

/** Whether nobody has the file open for writing; true where that cannot be asked. @param path beneath the bucket */
export function isSettled(bucket: Bucket, path: string): boolean {
  const fd = tryOpenBeneath(bucket.rootFd, path, O.RDONLY | O.NOFOLLOW | O.NONBLOCK | O.NOCTTY);
  if (fd < 0) return true;
  try {
    return settled(fd) !== false;
  } finally {
    closeFd(fd);
  }
}

function nameOf(bucket: Bucket, key: string): string {
  return `${bucket.name}/${key}`;
}
