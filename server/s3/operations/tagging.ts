/**
 * Tags: as a header, as XML, and what may be one.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
import { isSystemTag, isTagKey, isTagValue, MAX_OBJECT_TAGS } from '../../../lib/store/attribute-rules.js';
import type { Tag } from '../../../lib/store/model.js';
import { S3Error, invalidArgument } from '../errors.js';
import { XmlNode } from '../xml.js';
import { document, element, group } from '../xml-write.js';

export type Tagged = 'object' | 'bucket';

const LIMIT: Readonly<Record<Tagged, number>> = { object: MAX_OBJECT_TAGS, bucket: 50 };

/** The value of x-amz-tagging: `a=1&b`. Sorted by key. @throws S3Error InvalidArgument, InvalidTag */
export function parseTaggingHeader(header: string | undefined): readonly Tag[] {
  if (header === undefined || header === '') return [];
  const tags: Tag[] = [];
  for (const pair of header.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (key === undefined || value === undefined || tags.some((tag) => tag.key === key)) {
      throw invalidArgument(
        'x-amz-tagging',
        header,
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
      );
    }
    tags.push({ key, value });
  }
  return checkTags(tags, 'object');
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

/** `<Tagging><TagSet><Tag>…`. Sorted by key. @throws S3Error MalformedXML, InvalidTag */
export function readTagging(tagging: XmlNode, tagged: Tagged): readonly Tag[] {
  return readTags(tagging.require('TagSet'), tagged);
}

/** The `<Tag>` children of any element. */
export function readTags(set: XmlNode, tagged: Tagged): readonly Tag[] {
  const tags = set.children('Tag').map((tag) => ({
    key: tag.require('Key').text,
    value: tag.require('Value').text,
  }));
  return checkTags(tags, tagged);
}

/** @throws S3Error InvalidTag */
export function checkTags(tags: readonly Tag[], tagged: Tagged): readonly Tag[] {
  if (tags.length > LIMIT[tagged]) {
    const what = tagged === 'object' ? 'Object' : 'Bucket';
    throw new S3Error('InvalidTag', { message: `${what} tags cannot be greater than ${LIMIT[tagged]}` });
  }
  const seen = new Set<string>();
  for (const { key, value } of tags) {
    if (!isTagKey(key)) {
      throw new S3Error('InvalidTag', {
        message: 'The TagKey you have provided is invalid',
        extra: { TagKey: key },
      });
    }
    if (!isTagValue(value)) {
      throw new S3Error('InvalidTag', {
        message: 'The TagValue you have provided is invalid',
        extra: { TagKey: key, TagValue: value },
      });
    }
    if (isSystemTag(key)) {
      throw new S3Error('InvalidTag', { message: 'System tags cannot be added/updated by requester' });
    }
    if (seen.has(key)) {
      throw new S3Error('InvalidTag', {
        message: 'Cannot provide multiple Tags with the same key',
        extra: { TagKey: key },
      });
    }
    seen.add(key);
  }
  return [...tags].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The document that answers GetObjectTagging and GetBucketTagging. */
export function taggingDocument(tags: readonly Tag[]): string {
  const inner = tags.map(({ key, value }) => group('Tag', element('Key', key) + element('Value', value)));
  return document('Tagging', group('TagSet', inner.join('')));
}
