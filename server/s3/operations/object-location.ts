/** The URL of an object as this request would address it. */
import type { S3Request } from '../operation.js';

export function objectLocation(request: Pick<S3Request, 'raw' | 'bucket' | 'key'>): string {
  const { raw, bucket, key } = request;
  const host = raw.headers.host ?? '';
  const scheme = 'encrypted' in raw.socket ? 'https' : 'http';
  const path = `/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
  return host.startsWith(`${bucket}.`)
    ? `${scheme}://${host}${path}`
    : `${scheme}://${host}/${bucket}${path}`;
}
