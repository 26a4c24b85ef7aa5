/** The first form of listing: docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html */
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, element, elements } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { nameEncoding, pageLimit } from './list-parameters.js';
import { readPage } from './list-page.js';
import { commonPrefix, contents } from './listing-xml.js';
import { personElement } from './owner-xml.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { bucket, bucketInfo } = request;
  const { type, encode } = nameEncoding(request);
  const limit = pageLimit(request, 'max-keys');
  const prefix = request.query('prefix') ?? '';
  const delimiter = request.query('delimiter') ?? '';
  const after = request.query('marker') ?? '';
  const page = await readPage(request, { prefix, delimiter, after, limit });
  const style = { encode, owner: personElement(request, 'Owner', request.ownerOf(bucketInfo)) };
  let objects = '';
  let prefixes = '';
  for (const entry of page.entries) {
    if (entry.kind === 'object') objects += contents(entry, style);
    else prefixes += commonPrefix(entry, encode);
  }
  return xmlAnswer(
    request,
    document(
      'ListBucketResult',
      elements({
        Name: bucket,
        // Clients decode every name of this form but its own prefix.
        Prefix: prefix,
        Marker: encode(after),
        NextMarker: page.truncated && delimiter !== '' ? encode(page.next) : undefined,
        MaxKeys: limit,
      }) +
        element('Delimiter', delimiter === '' ? undefined : encode(delimiter)) +
        elements({ EncodingType: type, IsTruncated: page.truncated }) +
        objects +
        prefixes,
    ),
  );
}

export const listObjects: Implementation = { name: 'ListObjects', handler };
