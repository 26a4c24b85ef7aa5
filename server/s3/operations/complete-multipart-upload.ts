/** docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html: again and again, with one result. */
import { CHECKSUM_ALGORITHMS } from '../../../lib/checksum.js';
import type { CompletedPart, ObjectInfo } from '../../../lib/store/model.js';
import { S3Error, invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { parseXml, type XmlNode } from '../xml.js';
import { document, elements } from '../xml-write.js';
import { askedType, checksumElements, statedObjectChecksum } from './checksum-headers.js';
import { writeConditions } from './conditions.js';
import { MAX_DOCUMENT } from './document-body.js';
import { quoteEtag, unquoteEtag } from './etag.js';
import { objectLocation } from './object-location.js';
import { refuseEncryption } from './encryption-headers.js';
import { patiently } from './slow-answer.js';
import { MAX_PARTS, uploadIdOf } from './upload-id.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  refuseEncryption(request);
  const id = uploadIdOf(request);
  const conditions = writeConditions(request);
  // The checksum headers are the object's, not this document's.
  const checksum = statedObjectChecksum(request);
  const checksumType = askedType(request);
  const expectedSize = objectSize(request);
  const parts = readParts(await request.body.buffer(MAX_DOCUMENT));
  const completing = store.completeUpload(bucket, key, id, {
    parts,
    conditions,
    expectedSize,
    checksum,
    checksumType,
  });
  return patiently(
    request,
    completing.then((info) => resultDocument(request, info)),
  );
}

function resultDocument(request: S3Request, { etag, checksums }: ObjectInfo): string {
  const { bucket, key } = request;
  return document(
    'CompleteMultipartUploadResult',
    elements({ Location: objectLocation(request), Bucket: bucket, Key: key, ETag: quoteEtag(etag) }) +
      checksumElements(checksums),
  );
}

function objectSize(request: S3Request): number | undefined {
  const name = 'x-amz-mp-object-size';
  const text = request.header(name);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalidArgument(name, text, 'Value for x-amz-mp-object-size header is invalid.');
}

/** @throws S3Error MalformedXML, InvalidPartOrder */
export function readParts(body: Uint8Array): readonly CompletedPart[] {
  if (body.length === 0) throw new S3Error('MalformedXML');
  const nodes = parseXml(body, 'CompleteMultipartUpload').children('Part');
  if (nodes.length === 0 || nodes.length > MAX_PARTS) throw new S3Error('MalformedXML');
  const parts: CompletedPart[] = [];
  for (const node of nodes) {
    const part = readPart(node);
    const last = parts.at(-1)?.number ?? 0;
    if (part.number < last) throw new S3Error('InvalidPartOrder');
    // A part that was sent again may be listed again: the later one counts.
    if (part.number === last) parts.pop();
    parts.push(part);
  }
  return parts;
}

function readPart(node: XmlNode): CompletedPart {
  const text = node.require('PartNumber').text.trim();
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PARTS) {
    throw invalidArgument(
      'PartNumber',
      text,
      `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    );
  }
  const checksums = CHECKSUM_ALGORITHMS.flatMap((algorithm) => {
    const value = node.textOf(`Checksum${algorithm}`)?.trim();
    return value === undefined || value === '' ? [] : [{ algorithm, value }];
  });
  return { number, etag: unquoteEtag(node.require('ETag').text), checksums };
}

export const completeMultipartUpload: Implementation = { name: 'CompleteMultipartUpload', handler };
