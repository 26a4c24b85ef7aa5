/** Content-Type by extension; the one door to mime-types. */
import { lookup } from 'mime-types';

/** What S3 says of an object nobody gave a type. */
export const UNKNOWN_TYPE = 'binary/octet-stream';

const byExtension = new Map<string, string>();

/** @param key the last segment's extension counts: `site/index.html` is text/html */
export function contentTypeOf(key: string): string {
  const dot = key.lastIndexOf('.');
  if (dot === -1 || key.indexOf('/', dot) !== -1) return UNKNOWN_TYPE;
  const extension = key.slice(dot + 1);
  const known = byExtension.get(extension);
  if (known !== undefined) return known;
  const type = lookup(extension) || UNKNOWN_TYPE;
  if (byExtension.size < 1000) byExtension.set(extension, type);
  return type;
}
