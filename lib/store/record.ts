/**
 * The record kept with an object: what it means in memory. `record-codec.ts` is its bytes.
 * A record belongs to the content its fingerprint names; when the content has moved on, entity tag, checksums
 * and parts are void, and what the user said (type, metadata, tags) stays.
 */
import type { Checksum } from '../checksum.js';
import type { ObjectAttributes, ObjectPart } from './model.js';
import type { Stamp } from './stamp.js';

export interface Fingerprint {
  readonly size: number;
  readonly mtimeNs: bigint;
}

/**
 * - file: an object
 * - directory: `PUT a/` made this directory an object; its fingerprint's mtime is when
 * - implicit: a directory made only to hold a key: never lists, pruned when it empties
 * - kept: somebody's directory whose key is an object under `keys/`: never lists, and stays
 */
export type RecordKind = 'file' | 'directory' | 'implicit' | 'kept';

export interface Record extends ObjectAttributes {
  readonly kind: RecordKind;
  readonly fingerprint: Fingerprint;
  /** Without quotes. */
  readonly etag: string;
  readonly checksums: readonly Checksum[];
  readonly parts: readonly ObjectPart[] | undefined;
}

export const PLAIN: ObjectAttributes = { system: {}, user: {}, tags: [], storageClass: 'STANDARD' };

export function describes(record: Record, stamp: Stamp): boolean {
  return record.fingerprint.size === stamp.size && record.fingerprint.mtimeNs === stamp.mtimeNs;
}

/** Describes no content: the tag beside it is nobody's. */
export const VOID: Fingerprint = { size: 0, mtimeNs: 0n };

/** Nobody said anything of the object: without tag and checksums there is nothing to keep. */
export function saysNothing({ system, user, tags, storageClass }: ObjectAttributes): boolean {
  return (
    Object.keys(system).length === 0 &&
    Object.keys(user).length === 0 &&
    tags.length === 0 &&
    storageClass === PLAIN.storageClass
  );
}
