/** docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, elements } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { nameEncoding, pageLimit } from './list-parameters.js';
import { readPage } from './list-page.js';
import { makeToken, readToken } from './list-token.js';
import { commonPrefix, contents } from './listing-xml.js';
import { personElement } from './owner-xml.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { bucket, bucketInfo } = request;
  const { type, encode } = nameEncoding(request);
  const limit = pageLimit(request, 'max-keys');
  const prefix = request.query('prefix') ?? '';
  const delimiter = request.query('delimiter') ?? '';
  const startAfter = request.query('start-after');
  const token = request.query('continuation-token');
  const fetchOwner = request.query('fetch-owner')?.toLowerCase() === 'true';
  const after = token === undefined || token === '' ? (startAfter ?? '') : readToken(token);
  const page = await readPage(request, { prefix, delimiter, after, limit });
  const owner = fetchOwner ? personElement(request, 'Owner', request.ownerOf(bucketInfo)) : '';
  const style = { encode, owner };
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
        Prefix: encode(prefix),
        StartAfter: startAfter === undefined || startAfter === '' ? undefined : encode(startAfter),
        ContinuationToken: token,
        NextContinuationToken: page.truncated ? makeToken(page.next) : undefined,
        KeyCount: page.entries.length,
        MaxKeys: limit,
        Delimiter: delimiter === '' ? undefined : encode(delimiter),
        EncodingType: type,
        IsTruncated: page.truncated,
      }) +
        objects +
        prefixes,
    ),
  );
}

export const listObjectsV2: Implementation = { name: 'ListObjectsV2', handler };
