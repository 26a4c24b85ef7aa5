/** Objects put, found and read as a store thread does: for tests of what is done with them. */
import { readFileSync } from 'node:fs';
import type { ChecksumAlgorithm } from '../../../lib/checksum.js';
import type { ObjectKey } from '../../../lib/names.js';
import { closeFd, O, openBeneath, writeFd } from '../../../lib/os/open.js';
import type { Bucket } from '../../../lib/store/bucket.js';
import { infoOf, inspect } from '../../../lib/store/inspect.js';
import type { ObjectAttributes, ObjectInfo, WriteConditions } from '../../../lib/store/model.js';
import { pathPlace } from '../../../lib/store/paths.js';
import { close, publish } from '../../../lib/store/publish.js';
import type { PutRequest } from '../../../lib/store/store.js';
import { dropTemporary, makeTemporary } from '../../../lib/store/temporary.js';
import { received } from './multipart.js';

export const PLAIN: ObjectAttributes = { system: {}, user: {}, tags: [], storageClass: 'STANDARD' };

export interface Putting {
  readonly attributes?: Partial<ObjectAttributes>;
  readonly algorithms?: readonly ChecksumAlgorithm[];
  readonly conditions?: WriteConditions;
}

/** What a PutObject of these bytes asks for. */
export function putting(
  bytes: Uint8Array,
  { attributes, algorithms = [], conditions = {} }: Putting,
): PutRequest {
  const checksums = received(bytes, algorithms).checksums.map((one) => ({
    ...one,
    type: 'FULL_OBJECT' as const,
  }));
  return { attributes: { ...PLAIN, ...attributes }, conditions, checksums };
}

export async function put(
  bucket: Bucket,
  key: ObjectKey,
  text: string | Uint8Array,
  how: Putting = {},
): Promise<ObjectInfo> {
  const bytes = Buffer.from(text);
  const temporary = makeTemporary(bucket, pathPlace(key)?.parent ?? '');
  try {
    writeFd(temporary.fd, bytes, 0, bytes.length, 0);
    const { attributes, checksums, conditions } = putting(bytes, how);
    const { md5: etag } = received(bytes, []);
    return await publish(
      bucket,
      key,
      { temporary, attributes, etag, checksums, parts: undefined },
      conditions,
    );
  } finally {
    dropTemporary(bucket, temporary);
  }
}

export function head(bucket: Bucket, key: ObjectKey): ObjectInfo | undefined {
  const found = inspect(bucket, key);
  close(found);
  return found === undefined ? undefined : infoOf(key, found);
}

/** The bytes of the object, wherever it stands; undefined when there is none. */
export function bodyOf(bucket: Bucket, key: ObjectKey): string | undefined {
  const found = inspect(bucket, key);
  close(found);
  if (found === undefined) return undefined;
  const fd = openBeneath(bucket.rootFd, found.place.path, O.RDONLY);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeFd(fd);
  }
}
