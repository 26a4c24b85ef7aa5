/**
 * The object a copy is made from: opened once, and looked at again when all of it has been copied, for no lock
 * keeps other programs from writing into it meanwhile.
 */
import { StoreError } from '../errors.js';
import type { ObjectKey } from '../names.js';
import type { Bucket } from './bucket.js';
import { infoOf, type Inspection, isHonest } from './inspect.js';
import { standing } from './locate.js';
import type { ObjectInfo } from './model.js';
import { close } from './publish.js';
import { inspectQuiet } from './quiet.js';
import { digestInTurns } from './turns.js';
import { attributeOf, happenedSince } from './verify.js';

export interface Source {
  readonly bucket: Bucket;
  readonly found: Inspection;
  readonly info: ObjectInfo;
  /** Open for reading: the file, or the directory of an object that is one. `closeSource` closes it. */
  readonly fd: number;
  /** Our attribute, as it was. */
  readonly attribute: Buffer | undefined;
}

/**
 * @param etag what the asker judged
 * @throws StoreError NoSuchKey, AccessDenied, Conflict (it has another entity tag by now)
 */
export async function openSource(bucket: Bucket, key: ObjectKey, etag: string): Promise<Source> {
  const found = await inspectQuiet(bucket, key);
  if (found === undefined) throw new StoreError('NoSuchKey', 'The specified key does not exist.', { key });
  const { fd } = found;
  if (fd === undefined) throw new StoreError('AccessDenied', `${key}: the file cannot be read`, { key });
  const info = infoOf(key, found);
  if (info.etag === etag) return { bucket, found, info, fd, attribute: attributeOf(fd) };
  close(found);
  throw new StoreError('Conflict', `${key} changed before it was copied`, { key });
}

export function closeSource({ found }: Source): void {
  close(found);
}

/** Nobody was writing, and the stamp could vouch for the content: then it tells whether that stayed. */
export function isVouched({ found }: Source): boolean {
  return found.settled !== false && (found.racyNs === 0n || isHonest(found));
}

/** Bytes of the source, and where in another file they were copied to. */
export interface Copied {
  readonly start: number;
  readonly end: number;
  readonly fd: number;
  readonly offset: number;
}

/** Whether what was copied is the content the source was opened with. One being written all the while is read again. */
export async function isFaithful(source: Source, { start, end, fd, offset }: Copied): Promise<boolean> {
  if (isVouched(source)) {
    const { place, stat } = source.found;
    const name = () => standing(source.bucket, place.parent, place.name);
    const since = happenedSince({ fd: source.fd, stat, attribute: source.attribute, name });
    if (since !== 'unexplained') return since === 'untouched';
  }
  const spec = { md5: false, sha256: false, algorithms: ['CRC64NVME'] } as const;
  const there = await digestInTurns(source.fd, start, end, spec);
  const here = await digestInTurns(fd, offset, offset + end - start, spec);
  return there.checksums.get('CRC64NVME') === here.checksums.get('CRC64NVME');
}
