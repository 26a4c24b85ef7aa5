/**
 * What the mount does for the objects that files are: their metadata shown as attributes, carried over by saves, kept
 * honest by edits. Descriptors may be O_PATH; a path is the file's in its bucket, undefined when it is not UTF-8.
 */
import type { Bucket } from '../../lib/store/bucket.js';
import type { RecordWrite } from '../../lib/store/records.js';
import type { Eventually } from '../../lib/store/store.js';
import type { Move } from './carrying.js';
import type { Before } from './honest-records.js';

/** What was known of a file before an edit. */
export type Edit = Before;

export interface Metadata {
  get(bucket: Bucket, path: string | undefined, fd: number, name: Buffer): Buffer;
  /** @param privileged told of `trusted.*` */
  list(bucket: Bucket, path: string | undefined, fd: number, privileged: boolean): readonly Buffer[];
  set(
    bucket: Bucket,
    path: string | undefined,
    fd: number,
    name: Buffer,
    value: Buffer,
    flags: number,
  ): Eventually<void>;
  remove(bucket: Bucket, path: string | undefined, fd: number, name: Buffer): Eventually<void>;

  /** A file is about to be renamed, under the locks of both keys: to be finished, or undone when it was not. */
  moving(bucket: Bucket, move: Move): RecordWrite;
  /** A file was made. */
  created(bucket: Bucket, path: string | undefined, fd: number): Eventually<void>;
  /** A name went. @param fd of what had it, when that is known; without attributes on the disk its record goes by name */
  removed(bucket: Bucket, path: string | undefined, fd: number | undefined, directory: boolean): void;
  /** Somebody gave a directory another name, mode, owner or time. */
  touched(bucket: Bucket, path: string | undefined, fd: number): void;
  beforeEdit(bucket: Bucket, path: string | undefined, fd: number): Edit;
  /** It may have been written to since. */
  afterEdit(bucket: Bucket, path: string | undefined, fd: number, before: Edit): Eventually<void>;
  /** The time to set where somebody asked for this one. */
  timeToSet(bucket: Bucket, before: Edit, mtimeNs: bigint | 'now'): bigint | 'now';
  /** The modification time was set. @param asked what for */
  afterTimes(
    bucket: Bucket,
    path: string | undefined,
    fd: number,
    before: Edit,
    asked: bigint | 'now',
  ): Eventually<void>;
}
