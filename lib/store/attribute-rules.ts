/**
 * What may be said of an object besides its bytes, whichever door it comes in by: S3's limits.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html and object-tagging.html
 */

/** Bytes of all user metadata names and values together. */
export const MAX_USER_METADATA_BYTES = 2048;
/** Bytes of all system metadata, names and values together. */
export const MAX_SYSTEM_METADATA_BYTES = 2048;
export const MAX_OBJECT_TAGS = 10;

const MAX_TAG_KEY = 128;
const MAX_TAG_VALUE = 256;
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function isTagKey(key: string): boolean {
  return key !== '' && key.length <= MAX_TAG_KEY && TAG_CHARACTERS.test(key);
}

/** `aws:` tags are AWS's own to set. */
export function isSystemTag(key: string): boolean {
  return /^aws:/i.test(key);
}

export function isTagValue(value: string): boolean {
  return value.length <= MAX_TAG_VALUE && TAG_CHARACTERS.test(value);
}

export const DEFAULT_STORAGE_CLASS = 'STANDARD';

/** Those S3 names. They are kept and told, and change nothing about how files lie here. */
export const STORAGE_CLASSES: ReadonlySet<string> = new Set([
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'OUTPOSTS',
  'GLACIER_IR',
  'SNOW',
  'EXPRESS_ONEZONE',
  'FSX_OPENZFS',
  'FSX_ONTAP',
  'AWS_BACKUP_WARM',
  'AWS_BACKUP_LOW_COST_WARM',
]);

/** Where a browser may be sent instead: a page of this site, or an address. */
export function isRedirect(target: string): boolean {
  return /^(\/|https?:\/\/)/.test(target);
}
