/**
 * S3's metadata by the names of extended attributes: `user.s3.content-type`, `user.s3.meta.NAME`,
 * `user.s3.tag.NAME` and so on. Pure: what a name means, what is listed of an object, and an object's attributes
 * with one of them changed, within S3's limits.
 */
import { StoreError } from '../../lib/errors.js';
import {
  DEFAULT_STORAGE_CLASS,
  isRedirect,
  isSystemTag,
  isTagKey,
  isTagValue,
  MAX_OBJECT_TAGS,
  MAX_SYSTEM_METADATA_BYTES,
  MAX_USER_METADATA_BYTES,
  STORAGE_CLASSES,
} from '../../lib/store/attribute-rules.js';
import type { ObjectAttributes, SystemMetadata } from '../../lib/store/model.js';

export const PREFIX = 'user.s3.';
const META = 'meta.';
const TAG = 'tag.';
const STORAGE_CLASS = 'storage-class';
const ETAG = 'etag';

const SYSTEM: Readonly<Record<string, keyof SystemMetadata>> = {
  'content-type': 'contentType',
  'cache-control': 'cacheControl',
  'content-disposition': 'contentDisposition',
  'content-encoding': 'contentEncoding',
  'content-language': 'contentLanguage',
  expires: 'expires',
  'website-redirect': 'websiteRedirect',
};

/** xattr(7): XATTR_NAME_MAX. */
const MAX_NAME_BYTES = 255;
/** What S3 knows as the name of user metadata: a header's name, in lower case. RFC 9110 section 5.6.2. */
const META_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** A header's value, as text: no control characters. */
// oxlint-disable-next-line no-control-regex -- they are what must not be there
const HEADER_VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/;

/** One thing that is said of an object, or computed from it. */
export type Member =
  | { readonly kind: 'system'; readonly member: keyof SystemMetadata }
  | { readonly kind: 'meta'; readonly name: string }
  | { readonly kind: 'tag'; readonly key: string }
  | { readonly kind: 'storageClass' }
  | { readonly kind: 'etag' };

/** What the name means; undefined for what is none of S3's. @param name without `user.s3.` */
export function memberOf(name: string): Member | undefined {
  if (name.startsWith(META)) return { kind: 'meta', name: name.slice(META.length) };
  if (name.startsWith(TAG)) return { kind: 'tag', key: name.slice(TAG.length) };
  if (name === STORAGE_CLASS) return { kind: 'storageClass' };
  if (name === ETAG) return { kind: 'etag' };
  const member = Object.hasOwn(SYSTEM, name) ? SYSTEM[name] : undefined;
  return member === undefined ? undefined : { kind: 'system', member };
}

/** What is stored of it; undefined when nothing is, or it is computed. */
export function storedValue(attributes: ObjectAttributes, member: Member): string | undefined {
  switch (member.kind) {
    case 'system':
      return attributes.system[member.member];
    case 'meta':
      return Object.hasOwn(attributes.user, member.name) ? attributes.user[member.name] : undefined;
    case 'tag':
      return attributes.tags.find(({ key }) => key === member.key)?.value;
    case 'storageClass':
      return attributes.storageClass === DEFAULT_STORAGE_CLASS ? undefined : attributes.storageClass;
    case 'etag':
      return undefined;
  }
}

/** The names of all that is stored, `user.s3.` included; not those that no attribute can have. */
export function listedNames(attributes: ObjectAttributes): string[] {
  const { system, user, tags, storageClass } = attributes;
  return [
    ...Object.entries(SYSTEM).flatMap(([name, member]) => (system[member] === undefined ? [] : [name])),
    ...(storageClass === DEFAULT_STORAGE_CLASS ? [] : [STORAGE_CLASS]),
    ...Object.keys(user).map((name) => `${META}${name}`),
    ...tags.map(({ key }) => `${TAG}${key}`),
  ]
    .map((name) => `${PREFIX}${name}`)
    .filter((name) => Buffer.byteLength(name) <= MAX_NAME_BYTES && !name.includes('\0'));
}

/** @throws StoreError InvalidArgument, InvalidTag, MetadataTooLarge: S3 would not take it */
export function withValue(attributes: ObjectAttributes, member: Member, value: string): ObjectAttributes {
  switch (member.kind) {
    case 'system':
      return withSystem(attributes, member.member, value);
    case 'meta':
      return withMeta(attributes, member.name, value);
    case 'tag':
      return withTag(attributes, member.key, value);
    case 'storageClass':
      if (!STORAGE_CLASSES.has(value)) throw invalid(`${value} is no storage class`);
      return { ...attributes, storageClass: value };
    case 'etag':
      throw invalid('an entity tag is computed');
  }
}

export function without(attributes: ObjectAttributes, member: Member): ObjectAttributes {
  switch (member.kind) {
    case 'system': {
      const { [member.member]: _, ...system } = attributes.system;
      return { ...attributes, system };
    }
    case 'meta': {
      const user = Object.entries(attributes.user).filter(([name]) => name !== member.name);
      return { ...attributes, user: asRecord(user) };
    }
    case 'tag':
      return { ...attributes, tags: attributes.tags.filter(({ key }) => key !== member.key) };
    case 'storageClass':
      return { ...attributes, storageClass: DEFAULT_STORAGE_CLASS };
    case 'etag':
      return attributes;
  }
}

function withSystem(
  attributes: ObjectAttributes,
  member: keyof SystemMetadata,
  value: string,
): ObjectAttributes {
  if (value === '' || !HEADER_VALUE.test(value)) throw invalid(`${member} cannot be the value of a header`);
  if (member === 'websiteRedirect' && !isRedirect(value))
    throw invalid('a redirect starts with /, http:// or https://');
  const system = { ...attributes.system, [member]: value };
  const size = bytesOf(
    Object.entries(SYSTEM).flatMap(([name, one]) =>
      system[one] === undefined ? [] : [[name, system[one]] as const],
    ),
  );
  if (size > MAX_SYSTEM_METADATA_BYTES) throw tooLarge(size, MAX_SYSTEM_METADATA_BYTES);
  return { ...attributes, system };
}

function withMeta(attributes: ObjectAttributes, name: string, value: string): ObjectAttributes {
  if (!META_NAME.test(name)) throw invalid('user metadata has the name of a header, in lower case');
  if (!HEADER_VALUE.test(value)) throw invalid(`${name} cannot be the value of a header`);
  const others = Object.entries(attributes.user).filter(([other]) => other !== name);
  const user = [...others, [name, value] as const];
  const size = bytesOf(user);
  if (size > MAX_USER_METADATA_BYTES) throw tooLarge(size, MAX_USER_METADATA_BYTES);
  return { ...attributes, user: asRecord(user) };
}

function withTag(attributes: ObjectAttributes, key: string, value: string): ObjectAttributes {
  if (!isTagKey(key) || isSystemTag(key) || !isTagValue(value)) {
    throw new StoreError('InvalidTag', `the tag ${key} is not one S3 would take`, { key });
  }
  const others = attributes.tags.filter((tag) => tag.key !== key);
  if (others.length >= MAX_OBJECT_TAGS) {
    throw new StoreError('InvalidTag', `an object has at most ${MAX_OBJECT_TAGS} tags`, { key });
  }
  const tags = [...others, { key, value }].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { ...attributes, tags };
}

/** A name such as __proto__ is data like any other. */
function asRecord(entries: Iterable<readonly [string, string]>): Readonly<Record<string, string>> {
  const record = Object.create(null) as Record<string, string>;
  for (const [name, value] of entries) record[name] = value;
  return record;
}

function bytesOf(entries: readonly (readonly [string, string])[]): number {
  return entries.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
}

function invalid(message: string): StoreError {
  return new StoreError('InvalidArgument', message);
}

function tooLarge(size: number, maximum: number): StoreError {
  return new StoreError('MetadataTooLarge', `${size} bytes of metadata, ${maximum} are the most`, {
    size,
    maximum,
  });
}
