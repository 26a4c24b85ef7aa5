/** Files that are files and nothing more: what the filesystem does is looked at without S3's metadata. */
import {
  getAttributeOf,
  listAttributesOf,
  removeAttributeOf,
  setAttributeOf,
} from '../../../lib/os/path-attributes.js';
import { statFd } from '../../../lib/os/stat.js';
import { E, SystemError } from '../../../lib/os/system-error.js';
import type { Metadata } from '../../../mount/filesystem/metadata.js';

export const PLAIN_FILES: Metadata = {
  get(_bucket, _key, fd, name) {
    const value = getAttributeOf(fd, name);
    if (value === undefined) throw new SystemError(E.ENODATA, 'getxattr');
    return value;
  },
  list: (_bucket, _key, fd) =>
    listAttributesOf(fd)
      .toString('latin1')
      .split('\0')
      .filter((name) => name !== '')
      .map((name) => Buffer.from(name, 'latin1')),
  set: (_bucket, _key, fd, name, value, flags) => setAttributeOf(fd, name, value, flags),
  remove: (_bucket, _key, fd, name) => removeAttributeOf(fd, name),
  moving: () => ({ finish: () => undefined, undo: () => undefined }),
  created: () => undefined,
  removed: () => undefined,
  touched: () => undefined,
  beforeEdit: (_bucket, _path, fd) => ({ stat: statFd(fd), described: false, racy: false }),
  afterEdit: () => undefined,
  timeToSet: (_bucket, _before, mtimeNs) => mtimeNs,
  afterTimes: () => undefined,
};
