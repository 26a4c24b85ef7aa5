/** The entries of a listing, as ListObjects and its successors print them. */
import type { ListedObject, ListedPrefix } from '../../../lib/store/model.js';
import { isoDate } from '../../http/dates.js';
import { element, escapeXml, group } from '../xml-write.js';

export interface EntryStyle {
  readonly encode: (name: string) => string;
  /** An `<Owner>` already written, or ''. */
  readonly owner: string;
}

/** `<Contents>` of one object. */
export function contents(entry: ListedObject, style: EntryStyle): string {
  return (
    `<Contents><Key>${escapeXml(style.encode(entry.key))}</Key>${facts(entry)}` +
    `${style.owner}<StorageClass>${escapeXml(entry.storageClass)}</StorageClass></Contents>`
  );
}

/** `<Version>`: the only one an object has where nothing is versioned. */
export function onlyVersion(entry: ListedObject, style: EntryStyle): string {
  return (
    `<Version><Key>${escapeXml(style.encode(entry.key))}</Key><VersionId>null</VersionId>` +
    `<IsLatest>true</IsLatest>${facts(entry)}` +
    `${style.owner}<StorageClass>${escapeXml(entry.storageClass)}</StorageClass></Version>`
  );
}

function facts(entry: ListedObject): string {
  return (
    `<LastModified>${isoDate(entry.modified)}</LastModified><ETag>&quot;${escapeXml(entry.etag)}&quot;</ETag>` +
    element('ChecksumAlgorithm', entry.checksumAlgorithm) +
    element('ChecksumType', entry.checksumType) +
    `<Size>${entry.size}</Size>`
  );
}

/** `<CommonPrefixes>` of one prefix. */
export function commonPrefix(entry: ListedPrefix, encode: (name: string) => string): string {
  return group('CommonPrefixes', element('Prefix', encode(entry.prefix)));
}
