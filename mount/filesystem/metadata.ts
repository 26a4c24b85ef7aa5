/**
 * What the mount does for the objects that files are: their metadata shown as attributes, carried over by saves, kept
 * honest by edits. Descriptors may be O_PATH; a key is a file's path in its bucket, undefined when it is not UTF-8.
 */
import type { Bucket } from '../../lib/store/bucket.js';
import type { Eventually } from '../../lib/store/store.js';

/** What was known of a file before an edit. */
export interface Edit {
  readonly kind: 'edit';
}

export interface Metadata {
  get(bucket: Bucket, key: string | undefined, fd: number, name: Buffer): Buffer;
  list(bucket: Bucket, key: string | undefined, fd: number): readonly Buffer[];
  set(
    bucket: Bucket,
    key: string | undefined,
    fd: number,
    name: Buffer,
    value: Buffer,
    flags: number,
  ): Eventually<void>;
  remove(bucket: Bucket, key: string | undefined, fd: number, name: Buffer): Eventually<void>;

  /** A file is about to be renamed over another. */
  replaces(bucket: Bucket, key: string | undefined, replaced: number, by: number): void;
  /** A file is about to get another name: its own may be given to a new file soon. */
  movesAway(bucket: Bucket, key: string | undefined, fd: number): void;
  /** A file was made. */
  created(bucket: Bucket, key: string | undefined, fd: number): void;
  /** A file lost its last name. */
  removed(bucket: Bucket, key: string | undefined, fd: number): void;
  beforeEdit(bucket: Bucket, fd: number): Edit | undefined;
  afterEdit(bucket: Bucket, key: string | undefined, fd: number, before: Edit | undefined): void;
}
