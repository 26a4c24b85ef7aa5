/**
 * Extended attributes in the mount, xattr(7). `user.s3.*` are the object's S3 metadata: what is stored is listed and
 * can be changed, what is computed answers when asked for and is not listed, so that tools that copy attributes
 * converge. Our own attribute is not there. Everything else is the file's.
 */
import { isDirectory, type Stat, statFd } from '../../lib/os/stat.js';
import {
  getAttributeOf,
  listAttributesOf,
  removeAttributeOf,
  setAttributeOf,
  XATTR,
} from '../../lib/os/path-attributes.js';
import { E, SystemError } from '../../lib/os/system-error.js';
import type { Bucket } from '../../lib/store/bucket.js';
import { infoOf, inspectHeld, isEmpty } from '../../lib/store/inspect.js';
import { ATTRIBUTE, SETTINGS_MARK } from '../../lib/store/layout.js';
import type { ObjectAttributes, ObjectInfo } from '../../lib/store/model.js';
import { close } from '../../lib/store/publish.js';
import { PLAIN } from '../../lib/store/record.js';
import { readRecordOf, writeRecord } from '../../lib/store/records.js';
import type { Eventually } from '../../lib/store/store.js';
import { recordOf } from '../../lib/store/tags.js';
import { adopt } from './adopting.js';
import { canHaveRecord, changeHeld, keyOf, NO_KEY } from './held-object.js';
import {
  listedNames,
  type Member,
  memberOf,
  PREFIX,
  storedValue,
  without,
  withValue,
} from './metadata-names.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What an attribute's name asks for. */
type Asked =
  | { readonly kind: 'file' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 's3'; readonly member: Member | undefined };

function asked(name: Buffer): Asked {
  const text = name.toString('latin1');
  if (text === ATTRIBUTE || text === SETTINGS_MARK) return { kind: 'hidden' };
  if (!text.startsWith(PREFIX)) return { kind: 'file' };
  const own = textOf(name.subarray(PREFIX.length));
  return { kind: 's3', member: own === undefined ? undefined : memberOf(own) };
}

/** undefined: not UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Everywhere: `fd` holds the file, O_PATH or better; `path` is its path in the bucket without a slash at the end,
 * undefined when it is not UTF-8, '' for the bucket itself. The kernel has checked the caller's rights.
 */
export class Xattrs {
  /** @throws SystemError ENODATA */
  get(bucket: Bucket, path: string | undefined, fd: number, name: Buffer): Buffer {
    const wanted = asked(name);
    const value =
      wanted.kind === 'file'
        ? getAttributeOf(fd, name)
        : wanted.kind === 's3' && wanted.member !== undefined
          ? valueOf(bucket, path, fd, wanted.member)
          : undefined;
    if (value === undefined) throw new SystemError(E.ENODATA, 'getxattr');
    return value;
  }

  /** @param privileged the caller has CAP_SYS_ADMIN: others are not told of `trusted.*` */
  list(bucket: Bucket, path: string | undefined, fd: number, privileged = true): Buffer[] {
    const own = namesOf(listAttributesOf(fd)).filter(
      (name) => asked(name).kind === 'file' && (privileged || !isTrusted(name)),
    );
    const stat = statFd(fd);
    const said = canHaveRecord(stat) ? saidOf(bucket, path, fd, stat) : undefined;
    return said === undefined ? own : [...own, ...listedNames(said).map((name) => Buffer.from(name))];
  }

  /**
   * @param flags XATTR.CREATE, XATTR.REPLACE
   * @throws SystemError EPERM (computed, or ours), EINVAL, EEXIST, ENODATA; StoreError: beyond S3's limits
   */
  set(
    bucket: Bucket,
    path: string | undefined,
    fd: number,
    name: Buffer,
    value: Buffer,
    flags: number,
  ): Eventually<void> {
    const wanted = asked(name);
    if (wanted.kind === 'file') {
      refuseReadOnly(bucket);
      setAttributeOf(fd, name, value, flags);
      return adopt(bucket, path, fd);
    }
    const member = changeable(wanted, 'setxattr');
    const text = textOf(value);
    if (text === undefined) throw new SystemError(E.EINVAL, 'setxattr');
    return change(bucket, path, fd, (said) => {
      const there = storedValue(said, member) !== undefined;
      if (there && (flags & XATTR.CREATE) !== 0) throw new SystemError(E.EEXIST, 'setxattr');
      if (!there && (flags & XATTR.REPLACE) !== 0) throw new SystemError(E.ENODATA, 'setxattr');
      return withValue(said, member, text);
    });
  }

  /** @throws SystemError ENODATA, EPERM (computed, or ours) */
  remove(bucket: Bucket, path: string | undefined, fd: number, name: Buffer): Eventually<void> {
    const wanted = asked(name);
    if (wanted.kind === 'file') {
      refuseReadOnly(bucket);
      removeAttributeOf(fd, name);
      return adopt(bucket, path, fd);
    }
    const member = changeable(wanted, 'removexattr');
    return change(bucket, path, fd, (said) => {
      if (storedValue(said, member) === undefined) throw new SystemError(E.ENODATA, 'removexattr');
      return without(said, member);
    });
  }
}

function refuseReadOnly(bucket: Bucket): void {
  if (bucket.options.readOnly) throw new SystemError(E.EROFS, 'setxattr');
}

function isTrusted(name: Buffer): boolean {
  return name.toString('latin1').startsWith('trusted.');
}

function namesOf(list: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let at = 0; at < list.length;) {
    const end = list.indexOf(0, at);
    names.push(list.subarray(at, end === -1 ? list.length : end));
    at = end === -1 ? list.length : end + 1;
  }
  return names;
}

function changeable(wanted: Exclude<Asked, { kind: 'file' }>, syscall: string): Member {
  if (wanted.kind === 'hidden' || wanted.member?.kind === 'etag') throw new SystemError(E.EPERM, syscall);
  if (wanted.member === undefined) throw new SystemError(E.EINVAL, syscall);
  return wanted.member;
}

/** What is stored with it; undefined for what has no record. */
function saidOf(
  bucket: Bucket,
  path: string | undefined,
  fd: number,
  stat: Stat,
): ObjectAttributes | undefined {
  return readRecordOf(bucket, keyOf(path, stat), fd, stat);
}

function valueOf(bucket: Bucket, path: string | undefined, fd: number, member: Member): Buffer | undefined {
  const stat = statFd(fd);
  if (!canHaveRecord(stat)) return undefined;
  const said = saidOf(bucket, path, fd, stat);
  const stored = said === undefined ? undefined : storedValue(said, member);
  const value = stored ?? computedOf(bucket, path, fd, stat, member);
  return value === undefined ? undefined : Buffer.from(value);
}

function computedOf(
  bucket: Bucket,
  path: string | undefined,
  fd: number,
  stat: Stat,
  member: Member,
): string | undefined {
  if (member.kind === 'etag') return infoNow(bucket, path, fd, stat)?.etag;
  const isType = member.kind === 'system' && member.member === 'contentType';
  return isType ? infoNow(bucket, path, fd, stat)?.contentType : undefined;
}

/** What HEAD would say; undefined: it is no object. */
function infoNow(bucket: Bucket, path: string | undefined, fd: number, stat: Stat): ObjectInfo | undefined {
  const key = keyOf(path, stat);
  if (key === NO_KEY) return undefined;
  const found = inspectHeld(bucket, key, fd);
  try {
    const { record } = found;
    const isObject =
      !isDirectory(found.stat) ||
      record?.kind === 'directory' ||
      (record === undefined && found.fd !== undefined && isEmpty(found.fd));
    return isObject ? infoOf(key, found) : undefined;
  } finally {
    close(found);
  }
}

/** Setting metadata on a file from elsewhere records its entity tag of this moment, as setting tags does. */
function change(
  bucket: Bucket,
  path: string | undefined,
  fd: number,
  edit: (said: ObjectAttributes) => ObjectAttributes,
): Eventually<void> {
  if (!canHaveRecord(statFd(fd)) || path === '') throw new SystemError(E.EPERM, 'setxattr');
  return changeHeld(bucket, path, fd, (found, key, readable) => {
    const { system, user, tags, storageClass } = edit(found.record ?? PLAIN);
    const record = { ...recordOf(key, found), system, user, tags, storageClass };
    writeRecord(bucket, key, readable, record, readable).finish();
  });
}
