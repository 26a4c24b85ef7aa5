/** docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html */
import type { PartInfo, UploadInfo } from '../../../lib/store/model.js';
import { isoDate } from '../../http/dates.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, elements, group } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { checksumElements } from './checksum-headers.js';
import { quoteEtag } from './etag.js';
import { countParameter, pageLimit } from './list-parameters.js';
import { personElement } from './owner-xml.js';
import { uploadIdOf } from './upload-id.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  const id = uploadIdOf(request);
  const limit = pageLimit(request, 'max-parts');
  const after = countParameter(request, 'part-number-marker') ?? 0;
  const { upload, parts, truncated, next } = await store.listParts(bucket, key, id, { after, limit });
  return xmlAnswer(
    request,
    document(
      'ListPartsResult',
      elements({ Bucket: bucket, Key: key, UploadId: id }) +
        personElement(request, 'Initiator', upload.owner) +
        personElement(request, 'Owner', upload.owner) +
        elements({
          StorageClass: upload.attributes.storageClass,
          PartNumberMarker: after,
          NextPartNumberMarker: next,
          MaxParts: limit,
          IsTruncated: truncated,
          ChecksumAlgorithm: upload.checksumAlgorithm,
          ChecksumType: upload.checksumType,
        }) +
        parts.map((part) => partElement(part, upload)).join(''),
    ),
  );
}

/** The checksum of the upload's algorithm; all there are where it named none. */
function partElement(part: PartInfo, { checksumAlgorithm }: UploadInfo): string {
  const checksums = part.checksums.filter(
    ({ algorithm }) => checksumAlgorithm === undefined || algorithm === checksumAlgorithm,
  );
  return group(
    'Part',
    elements({
      PartNumber: part.number,
      LastModified: isoDate(part.modified),
      ETag: quoteEtag(part.etag),
      Size: part.size,
    }) + checksumElements(checksums),
  );
}

export const listParts: Implementation = { name: 'ListParts', handler };
