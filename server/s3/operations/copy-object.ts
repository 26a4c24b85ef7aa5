/** docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html */
import type { ObjectAttributes, ObjectInfo } from '../../../lib/store/model.js';
import { isoDate } from '../../http/dates.js';
import { S3Error, invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, elements } from '../xml-write.js';
import { askedAlgorithm, checksumElements } from './checksum-headers.js';
import { precheck, writeConditions } from './conditions.js';
import { readCopySource } from './copy-read.js';
import { quoteEtag } from './etag.js';
import { MAX_BODY } from './receive-body.js';
import { refuseUnsupported } from './refused-headers.js';
import { requestAttributes } from './request-attributes.js';
import { patiently } from './slow-answer.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { store, bucket, key } = request;
  refuseUnsupported(request);
  const asked = requestAttributes(request);
  const replace = directive(request, 'x-amz-metadata-directive', ['COPY', 'REPLACE']) === 'REPLACE';
  const retag = directive(request, 'x-amz-tagging-directive', ['COPY', 'REPLACE']) === 'REPLACE';
  directive(request, 'x-amz-object-annotation-directive', ['COPY', 'EXCLUDE']);
  const algorithm = askedAlgorithm(request);
  const conditions = writeConditions(request);
  const { source, info } = await readCopySource(request);
  if (info.size > MAX_BODY) {
    throw new S3Error('InvalidRequest', {
      message: `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_BODY}`,
    });
  }
  const changes =
    replace ||
    retag ||
    algorithm !== undefined ||
    request.header('x-amz-storage-class') !== undefined ||
    asked.system.websiteRedirect !== undefined;
  if (!changes && source.bucket === bucket && source.key === key) {
    throw new S3Error('InvalidRequest', {
      message:
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    });
  }
  await precheck(store, bucket, key, conditions);
  const copying = store.copy({
    source,
    sourceEtag: info.etag,
    target: { bucket, key },
    attributes: replace ? withoutTags(asked) : carriedOver(info, asked),
    tags: retag ? asked.tags : undefined,
    conditions,
    checksumAlgorithm: algorithm,
  });
  return patiently(request, copying.then(resultDocument));
}

function resultDocument({ modified, etag, checksums }: ObjectInfo): string {
  return document(
    'CopyObjectResult',
    elements({ LastModified: isoDate(modified), ETag: quoteEtag(etag) }) + checksumElements(checksums),
  );
}

/** @throws S3Error InvalidArgument for a word it does not know */
function directive(request: S3Request, name: string, words: readonly string[]): string | undefined {
  const value = request.header(name);
  if (value === undefined || words.includes(value)) return value;
  throw invalidArgument(name, value, `Unknown ${name.slice('x-amz-'.length).replaceAll('-', ' ')}.`);
}

function withoutTags({ system, user, storageClass }: ObjectAttributes): Omit<ObjectAttributes, 'tags'> {
  return { system, user, storageClass };
}

/**
 * The source's, but for what S3 does not copy: storage class and website redirect. The type it was served as
 * stays, whatever the new key's extension says.
 */
function carriedOver(info: ObjectInfo, asked: ObjectAttributes): Omit<ObjectAttributes, 'tags'> {
  const { websiteRedirect: _, ...system } = info.system;
  const { websiteRedirect } = asked.system;
  return {
    system: {
      ...system,
      contentType: info.contentType,
      ...(websiteRedirect !== undefined && { websiteRedirect }),
    },
    user: info.user,
    storageClass: asked.storageClass,
  };
}

export const copyObject: Implementation = { name: 'CopyObject', handler };
