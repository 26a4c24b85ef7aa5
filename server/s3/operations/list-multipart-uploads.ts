/** docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html: by key, then by when they began. */
import type { UploadInfo } from '../../../lib/store/model.js';
import { isoDate } from '../../http/dates.js';
import { invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, elements, group } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { nameEncoding, pageLimit } from './list-parameters.js';
import { commonPrefix } from './listing-xml.js';
import { personElement } from './owner-xml.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket } = request;
  const { type, encode } = nameEncoding(request);
  const limit = pageLimit(request, 'max-uploads');
  const prefix = request.query('prefix') ?? '';
  const delimiter = request.query('delimiter') ?? '';
  const keyMarker = request.query('key-marker') ?? '';
  const uploadIdMarker = request.query('upload-id-marker') ?? '';
  // Without a key it marks nothing and is ignored.
  if (keyMarker !== '' && uploadIdMarker !== '' && !/^[0-9a-f]{32}$/.test(uploadIdMarker)) {
    throw invalidArgument('upload-id-marker', uploadIdMarker, 'Invalid uploadId marker');
  }
  const page = await store.listUploads(bucket, {
    prefix,
    delimiter,
    keyMarker,
    uploadIdMarker: keyMarker === '' ? '' : uploadIdMarker,
    limit,
  });
  let uploads = '';
  let prefixes = '';
  for (const entry of page.entries) {
    if (entry.kind === 'upload') uploads += uploadElement(request, entry, encode);
    else prefixes += commonPrefix(entry, encode);
  }
  return xmlAnswer(
    request,
    document(
      'ListMultipartUploadsResult',
      elements({
        Bucket: bucket,
        KeyMarker: encode(keyMarker),
        UploadIdMarker: uploadIdMarker,
        NextKeyMarker: page.truncated ? encode(page.nextKeyMarker) : undefined,
        NextUploadIdMarker: page.truncated ? page.nextUploadIdMarker : undefined,
        Delimiter: delimiter === '' ? undefined : encode(delimiter),
        Prefix: encode(prefix),
        EncodingType: type,
        MaxUploads: limit,
        IsTruncated: page.truncated,
      }) +
        uploads +
        prefixes,
    ),
  );
}

function uploadElement(request: S3Request, upload: UploadInfo, encode: (name: string) => string): string {
  return group(
    'Upload',
    elements({ Key: encode(upload.key), UploadId: upload.id }) +
      personElement(request, 'Initiator', upload.owner) +
      personElement(request, 'Owner', upload.owner) +
      elements({
        StorageClass: upload.attributes.storageClass,
        Initiated: isoDate(upload.initiated),
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
      }),
  );
}

export const listMultipartUploads: Implementation = { name: 'ListMultipartUploads', handler };
