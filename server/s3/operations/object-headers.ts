/** What GET and HEAD say of an object in their headers. docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
import { DEFAULT_STORAGE_CLASS } from '../../../lib/store/attribute-rules.js';
import type { ObjectInfo } from '../../../lib/store/model.js';
import { httpDate } from '../../http/dates.js';

/** What can be the name of a header: RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export type ResponseHeaders = Record<string, string | number | undefined>;

/** Everything but what the request decides: range, checksums, overrides. The caller's own, to add to. */
export function objectHeaders(info: ObjectInfo): ResponseHeaders {
  const headers: ResponseHeaders = {
    'Last-Modified': httpDate(info.modified),
    ETag: `"${info.etag}"`,
    'Accept-Ranges': 'bytes',
    'Content-Type': info.contentType,
  };
  const { system, user, tags, storageClass } = info;
  if (system.cacheControl !== undefined) headers['Cache-Control'] = system.cacheControl;
  if (system.contentDisposition !== undefined) {
    headers['Content-Disposition'] = system.contentDisposition;
  }
  if (system.contentEncoding !== undefined) headers['Content-Encoding'] = system.contentEncoding;
  if (system.contentLanguage !== undefined) headers['Content-Language'] = system.contentLanguage;
  if (system.expires !== undefined) headers['Expires'] = system.expires;
  if (system.websiteRedirect !== undefined) {
    headers['x-amz-website-redirect-location'] = system.websiteRedirect;
  }
  if (storageClass !== DEFAULT_STORAGE_CLASS) headers['x-amz-storage-class'] = storageClass;
  if (tags.length > 0) headers['x-amz-tagging-count'] = tags.length;
  let missing = 0;
  for (const name in user) {
    if (TOKEN.test(name)) headers[`x-amz-meta-${name}`] = user[name];
    else missing += 1;
  }
  if (missing > 0) headers['x-amz-missing-meta'] = missing;
  return headers;
}
