/**
 * Whether a bucket holds nothing but directories nobody would miss. Objects, hidden keys, and whatever else a
 * person put there (a link, a FIFO) all count; uploads in progress do not, as on AWS.
 */
import { closeFd, O, openAt, tryOpenBeneath } from '../os/open.js';
import { DT, readNamesList } from '../os/names.js';
import { isDirectory, statFd, tryStatAt } from '../os/stat.js';
import type { Bucket } from './bucket.js';
import { KEYS, RESERVED } from './layout.js';
import { readRecord } from './records.js';

export function emptied(bucket: Bucket): boolean {
  return onlyDirectories(bucket, bucket.rootFd, '') && !hasHidden(bucket);
}

function onlyDirectories(bucket: Bucket, directory: number, path: string): boolean {
  for (const { name, type } of readNamesList(directory)) {
    const text = name.toString('utf8');
    // Further down it is another's: that of a bucket mapped to a directory in here keeps its hidden objects so.
    if (text === RESERVED && path === '') continue;
    if (type !== DT.DIR && !(type === DT.UNKNOWN && isDirectoryAt(directory, name))) return false;
    const fd = openAt(directory, name, O.RDONLY | O.DIRECTORY);
    try {
      const key = `${path}${text}/`;
      if (readRecord(bucket, key, fd, statFd(fd))?.kind === 'directory') return false;
      if (!onlyDirectories(bucket, fd, key)) return false;
    } finally {
      closeFd(fd);
    }
  }
  return true;
}

function isDirectoryAt(directory: number, name: Buffer): boolean {
  const stat = tryStatAt(directory, name);
  return stat !== undefined && isDirectory(stat);
}

function hasHidden(bucket: Bucket): boolean {
  const fd = tryOpenBeneath(bucket.rootFd, KEYS, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return false;
  try {
    return holdsFile(fd);
  } finally {
    closeFd(fd);
  }
}

function holdsFile(directory: number): boolean {
  return readNamesList(directory).some(({ name, type }) => {
    if (type !== DT.DIR && !isDirectoryAt(directory, name)) return true;
    const fd = openAt(directory, name, O.RDONLY | O.DIRECTORY);
    try {
      return holdsFile(fd);
    } finally {
      closeFd(fd);
    }
  });
}
