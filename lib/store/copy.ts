/**
 * CopyObject: the content shared or copied by the filesystem, never linked, and what is known of it carried along
 * while it is true. A copy onto itself changes the record alone.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 */
import { randomBytes } from 'node:crypto';
import type { Checksum, ChecksumAlgorithm } from '../checksum.js';
import { StoreError } from '../errors.js';
import type { ObjectKey } from '../names.js';
import { syncFd } from '../os/fsync.js';
import type { Bucket } from './bucket.js';
import { contentTypeOf } from './content-type.js';
import { publishDirectory } from './directory-object.js';
import { infoOf, inspect, isHonest } from './inspect.js';
import { withKeys } from './locks.js';
import type { ObjectAttributes, ObjectInfo, ObjectPart, SystemMetadata } from './model.js';
import { pathPlace } from './paths.js';
import { check, close, publish } from './publish.js';
import { writeRecord } from './records.js';
import { closeSource, isFaithful, isVouched, openSource, type Source } from './source.js';
import { sameStamp } from './stamp.js';
import type { CopyRequest } from './store.js';
import { recordOf } from './tags.js';
import { dropTemporary, makeTemporary } from './temporary.js';
import { becameShorter, copyInTurns, digestInTurns } from './turns.js';

/** How often the source may be touched, its entity tag staying, while it is copied. */
const ATTEMPTS = 4;

/** @throws StoreError NoSuchKey, Conflict (the source is not what was judged), PreconditionFailed, AccessDenied */
export async function copyObject(
  sourceBucket: Bucket,
  request: CopyRequest,
  targetBucket: Bucket,
): Promise<ObjectInfo> {
  const { source: from, target } = request;
  const onItself = from.bucket === target.bucket && from.key === target.key;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const source = await openSource(sourceBucket, from.key, request.sourceEtag);
    try {
      const { place, stat } = source.found;
      const inPlace = onItself && (place.directory || stat.nlink === 1);
      const info = await (inPlace
        ? rewrite(sourceBucket, source, request)
        : duplicate(source, request, targetBucket));
      if (info !== undefined) return info;
    } catch (error) {
      if (!becameShorter(error)) throw error;
    } finally {
      closeSource(source);
    }
  }
  throw new StoreError('Conflict', `${from.key} keeps changing`, { key: from.key });
}

/** What is told of the content, as far as it is known to be of these very bytes. */
interface Known {
  readonly etag: string;
  readonly checksums: readonly Checksum[];
  readonly parts: readonly ObjectPart[] | undefined;
}

/** @returns undefined when the source changed under the copy */
async function duplicate(
  source: Source,
  request: CopyRequest,
  bucket: Bucket,
): Promise<ObjectInfo | undefined> {
  const { key } = request.target;
  const attributes = attributesOf(source, request);
  const { size } = source.info;
  if (size === 0 && key.endsWith('/')) {
    const { etag, checksums } = source.info;
    const done = await publishDirectory(bucket, key, { ...attributes, etag, checksums }, request.conditions);
    if (done !== undefined) return done;
  }
  const temporary = makeTemporary(bucket, pathPlace(key)?.parent ?? '');
  try {
    await copyInTurns(source.fd, 0, temporary.fd, 0, size);
    const known = await knownOf(source, temporary.fd, request.checksumAlgorithm);
    if (!(await isFaithful(source, { start: 0, end: size, fd: temporary.fd, offset: 0 }))) return undefined;
    return await publish(bucket, key, { temporary, attributes, ...known }, request.conditions);
  } finally {
    dropTemporary(bucket, temporary);
  }
}

/** @param fd where the content is to be read from, should a checksum have to be computed */
async function knownOf(source: Source, fd: number, asked: ChecksumAlgorithm | undefined): Promise<Known> {
  const { info, found } = source;
  const honest = isHonest(found);
  const carried: Known = {
    // A file from elsewhere: its opaque tag names these bytes too, unless nothing vouches for that.
    etag: honest || isVouched(source) ? info.etag : `${randomBytes(16).toString('hex')}-1`,
    checksums: honest ? info.checksums : [],
    parts: honest ? info.parts : undefined,
  };
  if (asked === undefined) return carried;
  const there = carried.checksums.find(
    ({ algorithm, type }) => algorithm === asked && type === 'FULL_OBJECT',
  );
  if (there !== undefined) return { ...carried, checksums: [there] };
  const end = found.place.directory ? 0 : info.size;
  const { md5, checksums } = await digestInTurns(fd, 0, end, {
    md5: !honest,
    sha256: false,
    algorithms: [asked],
  });
  const computed = [...checksums].map(([algorithm, value]) => ({
    algorithm,
    type: 'FULL_OBJECT' as const,
    value,
  }));
  return { ...carried, etag: md5 ?? carried.etag, checksums: computed };
}

function attributesOf(
  source: Source,
  { source: from, target, attributes, tags }: CopyRequest,
): ObjectAttributes {
  const { info } = source;
  const said = attributes ?? {
    system: carriedSystem(info.system, from.key, target.key),
    user: info.user,
    storageClass: info.storageClass,
  };
  return { system: said.system, user: said.user, storageClass: said.storageClass, tags: tags ?? info.tags };
}

/** A redirect belongs to the place, not to the content. */
function carriedSystem(system: SystemMetadata, from: ObjectKey, to: ObjectKey): SystemMetadata {
  const { websiteRedirect: _, ...rest } = system;
  return keepType(rest, from, to);
}

/** The type an object has by its name goes with it to a name that says otherwise. */
export function keepType(system: SystemMetadata, from: ObjectKey, to: ObjectKey): SystemMetadata {
  const byName = contentTypeOf(from);
  return system.contentType !== undefined || byName === contentTypeOf(to)
    ? system
    : { ...system, contentType: byName };
}

/** Onto itself: only the record changes. @returns undefined when the object changed meanwhile */
async function rewrite(
  bucket: Bucket,
  source: Source,
  request: CopyRequest,
): Promise<ObjectInfo | undefined> {
  const { key } = request.target;
  const { fd, found } = source;
  const said = attributesOf(source, request);
  const recorded = recordOf(key, found);
  const { checksums, etag } =
    request.checksumAlgorithm === undefined
      ? recorded
      : await knownOf(source, fd, request.checksumAlgorithm).then((known) =>
          isVouched(source) ? known : { checksums: [], etag: recorded.etag },
        );
  const record = { ...recorded, ...said, checksums, etag };
  const info = withKeys(bucket, [key], () => {
    const now = inspect(bucket, key);
    try {
      check(key, request.conditions, now);
      if (now === undefined || !sameStamp(now.stat, found.stat)) return undefined;
      writeRecord(bucket, key, fd, record, fd).finish();
      return infoOf(key, { ...now, record });
    } finally {
      close(now);
    }
  });
  if (info !== undefined && bucket.options.durability === 'full') await syncFd(fd);
  return info;
}
