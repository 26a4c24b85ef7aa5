/**
 * `response-*`: headers a signed GET may choose for its answer.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Overriding Response Header Values"
 */
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';
import type { ResponseHeaders } from './object-headers.js';

const OVERRIDES = [
  ['response-content-type', 'Content-Type'],
  ['response-content-language', 'Content-Language'],
  ['response-expires', 'Expires'],
  ['response-cache-control', 'Cache-Control'],
  ['response-content-disposition', 'Content-Disposition'],
  ['response-content-encoding', 'Content-Encoding'],
] as const;

/** @throws S3Error InvalidRequest for anonymous requests */
export function addOverrides(headers: ResponseHeaders, request: Pick<S3Request, 'query' | 'identity'>): void {
  for (const [parameter, header] of OVERRIDES) {
    const value = request.query(parameter);
    if (value === undefined) continue;
    if (request.identity.kind === 'anonymous') {
      throw new S3Error('InvalidRequest', {
        message: 'Request specific response headers cannot be used for anonymous GET requests.',
      });
    }
    headers[header] = value;
  }
}
