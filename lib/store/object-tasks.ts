/**
 * What a store thread does with objects for the thread that serves HTTP. Arguments and answers cross threads as
 * plain data, open files as numbers.
 */
import type { BucketName, ObjectKey } from '../names.js';
import { StoreError } from '../errors.js';
import { closeFd, writeFd } from '../os/open.js';
import { type Stat, statFd } from '../os/stat.js';
import type { Bucket } from './bucket.js';
import { type Engine, writable } from './engine.js';
import { publishDirectory } from './directory-object.js';
import { syncEntries } from './durability.js';
import { infoOf, type Inspection, isHonest } from './inspect.js';
import { standing } from './locate.js';
import type { DeleteOutcome, ObjectInfo, WriteConditions } from './model.js';
import { type PathPlace, pathPlace } from './paths.js';
import { close, publish } from './publish.js';
import { inspectQuiet } from './quiet.js';
import { readSmall, SMALL_BYTES } from './reading.js';
import { unlinkKey } from './remove.js';
import type { PutRequest } from './store.js';
import { dropTemporary, makeTemporary, type Temporary } from './temporary.js';
import { attributeOf } from './verify.js';

/** What HEAD and GET learn of an object, and what lets the asking thread answer the next one by a stat. */
export interface Opened {
  readonly info: ObjectInfo;
  readonly stat: Stat;
  /** Path beneath the bucket while the answer may be kept and verified by its stamp; undefined: do not keep it. */
  readonly keep: string | undefined;
}

export interface OpenedFile extends Opened {
  /** The verified content of a small file. */
  readonly body: Uint8Array | undefined;
  /** Otherwise the open file, the receiver's to close; undefined for a directory object. */
  readonly fd: number | undefined;
  readonly attribute: Uint8Array | undefined;
  readonly quiet: boolean;
  readonly parent: string;
  readonly name: string;
}

function noSuchKey(key: string): StoreError {
  return new StoreError('NoSuchKey', 'The specified key does not exist.', { key });
}

function isQuiet(found: Inspection): boolean {
  return found.settled !== false && (found.racyNs === 0n || isHonest(found));
}

/**
 * The stamp of the file alone must tell everything: not so where sidecars or another spelling have a say, for a
 * key under `keys/` whose path may come free, or for a file at no rest.
 */
function keepable(bucket: Bucket, key: string, found: Inspection): string | undefined {
  const { volume, options } = bucket;
  const plain = volume.attributes && !volume.folds && !options.followSymlinks;
  const only = found.place.kind === 'path' ? !found.place.directory : pathPlace(key) === undefined;
  return plain && only && found.fd !== undefined && isQuiet(found) ? found.place.path : undefined;
}

export async function head(engine: Engine, name: BucketName, key: ObjectKey): Promise<Opened> {
  const bucket = engine.buckets.get(name);
  const found = await inspectQuiet(bucket, key);
  if (found === undefined) throw noSuchKey(key);
  close(found);
  return { info: infoOf(key, found), stat: found.stat, keep: keepable(bucket, key, found) };
}

const TRIES = 4;

export async function open(engine: Engine, name: BucketName, key: ObjectKey): Promise<OpenedFile> {
  const bucket = engine.buckets.get(name);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const found = await inspectQuiet(bucket, key);
    if (found === undefined) throw noSuchKey(key);
    const opened = await openFound(bucket, key, found);
    if (opened !== undefined) return opened;
  }
  throw new StoreError('Busy', `${key} changes faster than it can be read`, { key });
}

/** @returns undefined when a small file changed while it was read */
async function openFound(bucket: Bucket, key: ObjectKey, found: Inspection): Promise<OpenedFile | undefined> {
  const { fd, stat, place } = found;
  const about = {
    info: infoOf(key, found),
    stat,
    keep: keepable(bucket, key, found),
    quiet: isQuiet(found),
    parent: place.parent,
    name: place.name,
  };
  if (place.directory) {
    close(found);
    return { ...about, body: new Uint8Array(0), fd: undefined, attribute: undefined };
  }
  if (fd === undefined) {
    throw new StoreError('AccessDenied', `${bucket.directory}/${place.path}: permission denied`, { key });
  }
  const attribute = attributeOf(fd);
  if (about.quiet && statFd(fd).ctimeNs !== stat.ctimeNs) {
    // Tagged in between: the reader could not tell this attribute from the one its stat belongs to.
    closeFd(fd);
    return undefined;
  }
  if (stat.size > SMALL_BYTES) return { ...about, body: undefined, fd, attribute };
  try {
    const content = {
      fd,
      stat,
      attribute,
      quiet: about.quiet,
      name: () => standing(bucket, place.parent, place.name),
    };
    const body = await readSmall(content);
    return body === undefined ? undefined : { ...about, body, fd: undefined, attribute };
  } finally {
    closeFd(fd);
  }
}

export interface Digests {
  readonly size: number;
  readonly md5: string;
}

/** A body the asking thread has in memory. */
export async function putBytes(
  engine: Engine,
  name: BucketName,
  key: ObjectKey,
  body: Uint8Array,
  md5: string,
  request: PutRequest,
): Promise<ObjectInfo> {
  const bucket = writable(engine, name);
  if (body.length === 0 && key.endsWith('/')) {
    const about = { ...request.attributes, etag: md5, checksums: request.checksums };
    const done = await publishDirectory(bucket, key, about, request.conditions);
    if (done !== undefined) return done;
  }
  const temporary = makeTemporary(bucket, pathPlace(key)?.parent ?? '');
  try {
    writeFd(temporary.fd, body, 0, body.length, 0);
    return await publishBody(bucket, key, temporary, md5, request);
  } finally {
    dropTemporary(bucket, temporary);
  }
}

/** Where the asking thread is to write a large body. */
export function claim(engine: Engine, name: BucketName, key: ObjectKey): Temporary & { eager: boolean } {
  const bucket = writable(engine, name);
  const place = pathPlace(key);
  const eager = bucket.options.durability !== 'none' || replacesFile(bucket, place);
  return { ...makeTemporary(bucket, place?.parent ?? ''), eager };
}

/** Only a guess at what there will be: ext4 writes a file out when it is renamed over another one. */
function replacesFile(bucket: Bucket, place: PathPlace | undefined): boolean {
  return place !== undefined && standing(bucket, place.parent, place.name) !== undefined;
}

export async function putTemporary(
  engine: Engine,
  name: BucketName,
  key: ObjectKey,
  temporary: Temporary,
  md5: string,
  request: PutRequest,
): Promise<ObjectInfo> {
  const bucket = holding(temporary, () => writable(engine, name));
  try {
    return await publishBody(bucket, key, temporary, md5, request);
  } finally {
    dropTemporary(bucket, temporary);
  }
}

export function drop(engine: Engine, name: BucketName, temporary: Temporary): void {
  dropTemporary(
    holding(temporary, () => engine.buckets.get(name)),
    temporary,
  );
}

/** The bucket of a temporary file that is ours to close, also when there is no such bucket any more. */
function holding(temporary: Temporary, get: () => Bucket): Bucket {
  try {
    return get();
  } catch (error) {
    closeFd(temporary.fd);
    throw error;
  }
}

function publishBody(
  bucket: Bucket,
  key: ObjectKey,
  temporary: Temporary,
  etag: string,
  { attributes, checksums, conditions }: PutRequest,
): Promise<ObjectInfo> {
  return publish(bucket, key, { temporary, attributes, etag, checksums, parts: undefined }, conditions);
}

/** One sync for all the directories that lost names. */
export async function removeMany(
  engine: Engine,
  name: BucketName,
  keys: readonly { readonly key: ObjectKey; readonly conditions: WriteConditions }[],
): Promise<DeleteOutcome[]> {
  const bucket = writable(engine, name);
  const changed: number[] = [];
  const outcomes = keys.map(({ key, conditions }): DeleteOutcome => {
    try {
      changed.push(...unlinkKey(bucket, key, conditions));
      return { key };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { key, error: { code: error.code, message: error.message } };
    }
  });
  await syncEntries(bucket.options.durability, changed);
  return outcomes;
}
