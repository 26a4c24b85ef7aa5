/**
 * docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
 * Where nothing is versioned every object has one version, `null`, and it is the latest.
 */
import { invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, elements } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { nameEncoding, pageLimit } from './list-parameters.js';
import { readPage } from './list-page.js';
import { commonPrefix, onlyVersion } from './listing-xml.js';
import { personElement } from './owner-xml.js';
import { parseVersionId } from './version-id.js';

async function handler(request: S3Request): Promise<S3Response> {
  const { bucket, bucketInfo } = request;
  const { type, encode } = nameEncoding(request);
  const limit = pageLimit(request, 'max-keys');
  const prefix = request.query('prefix') ?? '';
  const delimiter = request.query('delimiter') ?? '';
  const keyMarker = request.query('key-marker') ?? '';
  const versionMarker = request.query('version-id-marker') ?? '';
  checkMarkers(keyMarker, versionMarker);
  const page = await readPage(request, { prefix, delimiter, after: keyMarker, limit });
  const style = { encode, owner: personElement(request, 'Owner', request.ownerOf(bucketInfo)) };
  let versions = '';
  let prefixes = '';
  for (const entry of page.entries) {
    if (entry.kind === 'object') versions += onlyVersion(entry, style);
    else prefixes += commonPrefix(entry, encode);
  }
  const endsWithObject = page.entries.at(-1)?.kind === 'object';
  return xmlAnswer(
    request,
    document(
      'ListVersionsResult',
      elements({
        Name: bucket,
        Prefix: encode(prefix),
        KeyMarker: encode(keyMarker),
        VersionIdMarker: versionMarker,
        NextKeyMarker: page.truncated ? encode(page.next) : undefined,
        NextVersionIdMarker: page.truncated && endsWithObject ? 'null' : undefined,
        MaxKeys: limit,
        Delimiter: delimiter === '' ? undefined : encode(delimiter),
        EncodingType: type,
        IsTruncated: page.truncated,
      }) +
        versions +
        prefixes,
    ),
  );
}

/** @throws S3Error InvalidArgument */
function checkMarkers(key: string, version: string): void {
  if (version === '') return;
  if (key === '') {
    throw invalidArgument(
      'version-id-marker',
      version,
      'A version-id marker cannot be specified without a key marker.',
    );
  }
  parseVersionId(version);
}

export const listObjectVersions: Implementation = { name: 'ListObjectVersions', handler };
