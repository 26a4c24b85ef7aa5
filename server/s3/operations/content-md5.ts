/** Content-MD5: RFC 1864. What is no MD5 at all is InvalidDigest, what does not fit is BadDigest. */
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';

/** The 32 hex digits the header states. @throws S3Error InvalidDigest */
export function statedMd5(request: Pick<S3Request, 'header'>): string | undefined {
  const header = request.header('content-md5');
  if (header === undefined) return undefined;
  const text = header.trim();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 16 || bytes.toString('base64') !== text) {
    throw new S3Error('InvalidDigest', { extra: { 'Content-MD5': header } });
  }
  return bytes.toString('hex');
}

/** @throws S3Error BadDigest */
export function checkMd5(stated: string | undefined, calculated: string): void {
  if (stated === undefined || stated === calculated) return;
  throw new S3Error('BadDigest', {
    extra: {
      ExpectedDigest: stated,
      CalculatedDigest: Buffer.from(calculated, 'hex').toString('base64'),
    },
  });
}
