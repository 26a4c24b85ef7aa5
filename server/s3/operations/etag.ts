/** Entity tags: the store keeps them bare, HTTP and S3's XML quote them. RFC 9110 section 8.8.3. */

export function quoteEtag(etag: string): string {
  return `"${etag}"`;
}

/** What stands between the quotes; clients leave them out as often as not. */
export function unquoteEtag(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > 1 && trimmed.startsWith('"') && trimmed.endsWith('"')
    ? trimmed.slice(1, -1)
    : trimmed;
}
