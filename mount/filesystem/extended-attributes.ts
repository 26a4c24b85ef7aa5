/** getxattr, listxattr, setxattr, removexattr: the disk's, and S3's metadata among them. */
import { withoutSetId } from '../../lib/os/credentials.js';
import { statFd } from '../../lib/os/stat.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Bucket } from '../../lib/store/bucket.js';
import type { Eventually } from '../../lib/store/store.js';
import { isIn } from './caller.js';
import type { Caller, NodeId } from './filesystem.js';
import { bucketOf, isTop, mayWrite, type Mounted } from './mounted.js';
import { withNode } from './opening.js';
import { isHidden } from './showing.js';

type Action<T> = (bucket: Bucket, key: string | undefined, fd: number) => T;

function onObject<T>(mounted: Mounted, id: NodeId, action: Action<T>): T {
  const node = mounted.nodes.get(id);
  const bucket = bucketOf(mounted, node);
  return withNode(node, (fd) => action(bucket, mounted.nodes.keyOf(node), fd));
}

function isTheTop(mounted: Mounted, id: NodeId): boolean {
  return isTop(mounted, mounted.nodes.get(id));
}

export function getxattr(mounted: Mounted, id: NodeId, name: Buffer): Buffer {
  if (isTheTop(mounted, id) || isHidden(mounted.show, name)) throw new SystemError(E.ENODATA, 'getxattr');
  return onObject(mounted, id, (bucket, key, fd) => mounted.metadata.get(bucket, key, fd, name));
}

/** `trusted.*` is told to root alone, as the kernel has it of a disk. */
export function listxattr(mounted: Mounted, id: NodeId, caller: Caller): Buffer {
  if (isTheTop(mounted, id)) return Buffer.alloc(0);
  return onObject(mounted, id, (bucket, key, fd) => {
    const names = mounted.metadata.list(bucket, key, fd, caller.uid === 0);
    const shown = names.filter((name) => !isHidden(mounted.show, name));
    return Buffer.concat(shown.flatMap((name) => [name, END]));
  });
}

const END = Buffer.from([0]);
const ACL = Buffer.from('system.posix_acl_');

export function setxattr(
  mounted: Mounted,
  id: NodeId,
  name: Buffer,
  value: Buffer,
  flags: number,
  caller: Caller,
): Eventually<void> {
  mayWrite(mounted);
  if (isTheTop(mounted, id)) throw new SystemError(E.EPERM, 'setxattr');
  if (isHidden(mounted.show, name)) throw new SystemError(E.EOPNOTSUPP, 'setxattr');
  return onObject(mounted, id, (bucket, key, fd) => {
    const set = (): Eventually<void> => mounted.metadata.set(bucket, key, fd, name, value, flags);
    // An ACL set by somebody outside the file's group clears set-group-ID.
    const clears =
      caller.uid !== 0 && name.subarray(0, ACL.length).equals(ACL) && !isIn(caller, statFd(fd).gid);
    return clears ? withoutSetId(set) : set();
  });
}

export function removexattr(mounted: Mounted, id: NodeId, name: Buffer): Eventually<void> {
  mayWrite(mounted);
  if (isTheTop(mounted, id) || isHidden(mounted.show, name)) {
    throw new SystemError(E.ENODATA, 'removexattr');
  }
  return onObject(mounted, id, (bucket, key, fd) => mounted.metadata.remove(bucket, key, fd, name));
}
