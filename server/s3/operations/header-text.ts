/**
 * Stored text as a header value. HTTP carries Latin-1, and Node refuses what cannot travel, so anything else
 * goes out as S3 sends it: an encoded word of UTF-8. RFC 2047 section 2, without its limit on length.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */

const PLAIN = /^[\x20-\x7e\t]*$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Visible ASCII as it is, the rest as `=?UTF-8?B?…?=`. */
export function headerText(value: string): string {
  return PLAIN.test(value) ? value : `=?UTF-8?B?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

/** Whether a stored name can be the name of a header. */
export function isHeaderName(name: string): boolean {
  return NAME.test(name);
}
