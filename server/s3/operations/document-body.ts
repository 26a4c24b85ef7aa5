/**
 * Small documents in request bodies: read whole, held to Content-MD5 and to the checksum the client sends,
 * one of which S3 requires where a mistake would be expensive.
 * docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
import { createHash } from 'node:crypto';
import { digestOf } from '../../../lib/hash/digest.js';
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';
import { parseXml, type XmlNode } from '../xml.js';
import { checksumHeader, statedChecksum } from './checksum-headers.js';
import { checkMd5, statedMd5 } from './content-md5.js';
import { checkChecksum } from './receive-body.js';

/** A thousand keys of 1024 bytes, every byte of them an entity. */
export const MAX_DOCUMENT = 8 * 1024 * 1024;

/**
 * @throws S3Error InvalidDigest, BadDigest, MaxMessageLengthExceeded; InvalidRequest when `integrity` is
 * required and the client sent neither Content-MD5 nor a checksum
 */
export async function readDocument(
  request: S3Request,
  integrity: 'required' | 'optional',
  limit = MAX_DOCUMENT,
): Promise<Buffer> {
  const md5 = statedMd5(request);
  const stated = statedChecksum(request);
  if (integrity === 'required' && md5 === undefined && stated === undefined) {
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    });
  }
  const bytes = await request.body.buffer(limit);
  if (md5 !== undefined) checkMd5(md5, createHash('md5').update(bytes).digest('hex'));
  if (stated !== undefined) {
    const { algorithm } = stated;
    const value = stated.value ?? request.body.trailers().get(checksumHeader(algorithm));
    if (value === undefined) throw new S3Error('MalformedTrailerError');
    checkChecksum(algorithm, value, digestOf(algorithm, bytes).toString('base64'));
  }
  return bytes;
}

/** The same as XML. @throws S3Error MalformedXML, MissingRequestBodyError */
export async function readXml(
  request: S3Request,
  integrity: 'required' | 'optional',
  ...roots: readonly string[]
): Promise<XmlNode> {
  const bytes = await readDocument(request, integrity);
  if (bytes.length === 0) throw new S3Error('MissingRequestBodyError');
  return parseXml(bytes, ...roots);
}
