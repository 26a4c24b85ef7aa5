/** docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html */
import type { PartInfo, UploadInfo } from '../../../lib/store/model.js';
import { isoDate } from '../../http/dates.js';
import { parseCopyRange } from '../../http/range.js';
import { S3Error, invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, elements } from '../xml-write.js';
import { checksumElements } from './checksum-headers.js';
import { readCopySource } from './copy-read.js';
import { quoteEtag } from './etag.js';
import { MAX_BODY } from './receive-body.js';
import { refuseEncryption } from './encryption-headers.js';
import { patiently } from './slow-answer.js';
import { partNumberOf, uploadIdOf } from './upload-id.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  refuseEncryption(request);
  const number = partNumberOf(request);
  const uploadId = uploadIdOf(request);
  const { source, info } = await readCopySource(request);
  const upload = await store.upload(bucket, key, uploadId);
  const { start, end } = copyRange(request.header('x-amz-copy-source-range'), info.size);
  const copying = store.copyPart({
    source,
    sourceEtag: info.etag,
    start,
    end,
    target: { bucket, key },
    uploadId,
    number,
  });
  return patiently(
    request,
    copying.then((part) => resultDocument(part, upload)),
  );
}

/** With the checksum of the upload's algorithm, where it named one. */
function resultDocument(part: PartInfo, { checksumAlgorithm }: UploadInfo): string {
  const checksums = part.checksums.filter(({ algorithm }) => algorithm === checksumAlgorithm);
  return document(
    'CopyPartResult',
    elements({ LastModified: isoDate(part.modified), ETag: quoteEtag(part.etag) }) +
      checksumElements(checksums),
  );
}

/** @throws S3Error InvalidArgument (no such range), InvalidRange (outside the source), InvalidRequest (over 5 GiB) */
function copyRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } {
  const range = header === undefined ? { start: 0, end: size } : parseCopyRange(header);
  if (range === undefined) {
    throw invalidArgument(
      'x-amz-copy-source-range',
      header ?? '',
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
    );
  }
  if (range.end > size) {
    throw new S3Error('InvalidRange', {
      message: `The specified range is not inside the source of ${size} bytes`,
      extra: { RangeRequested: header ?? '', ActualObjectSize: size },
    });
  }
  if (range.end - range.start > MAX_BODY) {
    throw new S3Error('InvalidRequest', {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_BODY}`,
    });
  }
  return range;
}

export const uploadPartCopy: Implementation = { name: 'UploadPartCopy', handler };
