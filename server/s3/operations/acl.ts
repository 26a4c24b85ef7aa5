/**
 * ACLs where they are disabled, as on every new bucket of AWS: the owner has full control, nobody else has
 * anything, and what would change that is refused.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html, "Bucket owner enforced"
 */
import { S3Error } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import type { XmlNode } from '../xml.js';
import { document, element, elements, group } from '../xml-write.js';
import { emptyAnswer, xmlAnswer } from './answers.js';
import { readXml } from './document-body.js';
import { personElement } from './owner-xml.js';
import { refuseAcl } from './refused-headers.js';
import { requireCurrentVersion } from './version-id.js';

const XSI = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"';

function getBucket(request: S3Request): S3Response {
  return xmlAnswer(request, ownersAcl(request));
}

async function getObject(request: S3Request): Promise<S3Response> {
  await requireObject(request);
  return xmlAnswer(request, ownersAcl(request));
}

async function putBucket(request: S3Request): Promise<S3Response> {
  await checkAcl(request);
  return emptyAnswer(request);
}

async function putObject(request: S3Request): Promise<S3Response> {
  await requireObject(request);
  await checkAcl(request);
  return emptyAnswer(request);
}

async function requireObject(request: S3Request): Promise<void> {
  requireCurrentVersion(request);
  await request.store.head(request.bucket, request.key);
}

function ownersAcl(request: S3Request): string {
  const id = request.ownerOf(request.bucketInfo);
  const name = request.accounts.account(id)?.displayName;
  const grantee = group('Grantee', elements({ ID: id, DisplayName: name }), XSI);
  return document(
    'AccessControlPolicy',
    personElement(request, 'Owner', id) +
      group('AccessControlList', group('Grant', grantee + element('Permission', 'FULL_CONTROL'))),
  );
}

/** @throws S3Error AccessControlListNotSupported, MissingSecurityHeader, MalformedXML */
async function checkAcl(request: S3Request): Promise<void> {
  refuseAcl(request, 'AccessControlListNotSupported');
  const { body } = request;
  const sendsBody =
    body.size === undefined ? request.raw.headers['transfer-encoding'] !== undefined : body.size > 0;
  if (request.header('x-amz-acl') !== undefined) {
    if (sendsBody) await body.buffer(64 * 1024);
    return;
  }
  if (!sendsBody) throw new S3Error('MissingSecurityHeader');
  const policy = await readXml(request, 'optional', 'AccessControlPolicy');
  const grants = policy.child('AccessControlList')?.children('Grant') ?? [];
  const owner = request.ownerOf(request.bucketInfo);
  if (grants.length !== 1 || !grants.every((grant) => isOwners(grant, owner))) {
    throw new S3Error('AccessControlListNotSupported');
  }
}

function isOwners(grant: XmlNode, owner: string): boolean {
  return (
    grant.require('Permission').text.trim() === 'FULL_CONTROL' &&
    grant.require('Grantee').textOf('ID')?.trim() === owner
  );
}

export const getBucketAcl: Implementation = { name: 'GetBucketAcl', handler: getBucket };
export const putBucketAcl: Implementation = { name: 'PutBucketAcl', handler: putBucket };
export const getObjectAcl: Implementation = { name: 'GetObjectAcl', handler: getObject };
export const putObjectAcl: Implementation = { name: 'PutObjectAcl', handler: putObject };
