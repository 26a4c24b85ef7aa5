/** docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
import { StoreError } from '../../../lib/errors.js';
import type { Tag } from '../../../lib/store/model.js';
import { S3Error, invalidArgument, notImplemented } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { parseXml } from '../xml.js';
import { emptyAnswer } from './answers.js';
import { UNNAMED_REGION, bucketArn } from './bucket-headers.js';
import { readDocument } from './document-body.js';
import { refuseAcl } from './refused-headers.js';
import { readTags } from './tagging.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, account, bucket, region, time } = request;
  refuseUnsupportedHeaders(request);
  const tagging = await readConfiguration(request);
  try {
    await store.createBucket(bucket, {
      created: time,
      ...(!account.root && { owner: account.id }),
      ...(tagging.length > 0 && { tagging }),
    });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'BucketExists') throw error;
    const owner = error.detail['owner'];
    const own = owner === account.id || (owner === '' && account.root);
    if (!own) throw error;
    // In S3's oldest region making one's own bucket again is no error.
    if (region !== UNNAMED_REGION) {
      throw new S3Error('BucketAlreadyOwnedByYou', { extra: { BucketName: bucket } });
    }
  }
  return emptyAnswer(request, { Location: `/${bucket}`, 'x-amz-bucket-arn': bucketArn(bucket) });
}

function refuseUnsupportedHeaders(request: S3Request): void {
  refuseAcl(request, 'InvalidBucketAclWithObjectOwnership');
  const lock = request.header('x-amz-bucket-object-lock-enabled');
  if (lock?.toLowerCase() === 'true') throw notImplemented('The header x-amz-bucket-object-lock-enabled');
  const namespace = request.header('x-amz-bucket-namespace');
  if (namespace !== undefined && namespace !== 'global') {
    throw notImplemented('The header x-amz-bucket-namespace');
  }
  const ownership = request.header('x-amz-object-ownership');
  if (ownership === undefined || ownership === 'BucketOwnerEnforced') return;
  if (ownership === 'BucketOwnerPreferred' || ownership === 'ObjectWriter') {
    throw notImplemented(`Object ownership ${ownership}`);
  }
  throw invalidArgument('x-amz-object-ownership', ownership, 'Invalid x-amz-object-ownership header');
}

/** The tags it asks for. @throws S3Error IllegalLocationConstraintException, MalformedXML, InvalidTag */
async function readConfiguration(request: S3Request): Promise<readonly Tag[]> {
  // Clients that have nothing to say often leave out even the length.
  if (request.body.size === undefined && request.raw.headers['transfer-encoding'] === undefined) return [];
  const bytes = await readDocument(request, 'optional', 64 * 1024);
  if (bytes.length === 0) return [];
  const root = parseXml(bytes, 'CreateBucketConfiguration');
  checkLocation(root.textOf('LocationConstraint')?.trim() ?? '', request.region);
  if (root.child('Location') !== undefined || root.child('Bucket') !== undefined) {
    throw notImplemented('A directory bucket');
  }
  const tags = root.child('Tags');
  return tags === undefined ? [] : readTags(tags, 'bucket');
}

function checkLocation(location: string, region: string): void {
  if (location === '') return;
  if (location === region && region !== UNNAMED_REGION) return;
  if (location === 'EU' && region === 'eu-west-1') return;
  throw new S3Error('IllegalLocationConstraintException', {
    message: `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    extra: { LocationConstraint: location },
  });
}

export const createBucket: Implementation = { name: 'CreateBucket', handler };
