/** docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html: the caller's own buckets, by name. */
import { isoDate } from '../../http/dates.js';
import { invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, element, elements, group } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { bucketArn } from './bucket-headers.js';
import { countParameter } from './list-parameters.js';
import { makeToken, readToken } from './list-token.js';
import { personElement } from './owner-xml.js';

const MAX_BUCKETS = 10_000;

async function handler(request: S3Request): Promise<S3Response> {
  const { store, account, region } = request;
  const limit = countParameter(request, 'max-buckets') ?? MAX_BUCKETS;
  if (limit < 1 || limit > MAX_BUCKETS) {
    throw invalidArgument(
      'max-buckets',
      String(limit),
      `Argument max-buckets must be an integer between 1 and ${MAX_BUCKETS}`,
    );
  }
  const prefix = request.query('prefix') ?? '';
  const wanted = request.query('bucket-region');
  const token = request.query('continuation-token');
  const after = token === undefined || token === '' ? '' : readToken(token);
  const own =
    wanted === undefined || wanted === '' || wanted === region
      ? (await store.listBuckets())
          .filter((bucket) => request.ownerOf(bucket) === account.id)
          .filter(({ name }) => name.startsWith(prefix) && name > after)
          .sort((a, b) => (a.name < b.name ? -1 : 1))
      : [];
  const page = own.slice(0, limit);
  const last = page.at(-1);
  const buckets = page.map(({ name, created }) =>
    group(
      'Bucket',
      elements({
        Name: name,
        CreationDate: isoDate(created),
        BucketRegion: region,
        BucketArn: bucketArn(name),
      }),
    ),
  );
  return xmlAnswer(
    request,
    document(
      'ListAllMyBucketsResult',
      personElement(request, 'Owner', account.id) +
        group('Buckets', buckets.join('')) +
        element(
          'ContinuationToken',
          last !== undefined && own.length > limit ? makeToken(last.name) : undefined,
        ) +
        element('Prefix', request.query('prefix')),
    ),
  );
}

export const listBuckets: Implementation = { name: 'ListBuckets', handler };
