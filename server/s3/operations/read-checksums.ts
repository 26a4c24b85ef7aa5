/**
 * Checksums with what is read: those of the whole with the whole, a part's own with a part, none with a range.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, x-amz-checksum-mode
 */
import type { ObjectInfo } from '../../../lib/store/model.js';
import type { S3Request } from '../operation.js';
import { checksumHeader } from './checksum-headers.js';
import type { ResponseHeaders } from './object-headers.js';
import type { ChosenRange } from './read-range.js';

export function addChecksums(
  headers: ResponseHeaders,
  request: Pick<S3Request, 'header'>,
  info: ObjectInfo,
  { partial, part }: ChosenRange,
): void {
  if (request.header('x-amz-checksum-mode')?.toUpperCase() !== 'ENABLED') return;
  if (part !== undefined) {
    // Parts keep the checksum of one algorithm: the upload's, which is the whole's.
    const [whole] = info.checksums;
    if (whole === undefined || part.checksum === undefined) return;
    headers[checksumHeader(whole.algorithm)] = part.checksum;
    headers['x-amz-checksum-type'] = whole.type;
    return;
  }
  if (partial) return;
  for (const { algorithm, type, value } of info.checksums) {
    headers[checksumHeader(algorithm)] = value;
    headers['x-amz-checksum-type'] = type;
  }
}
