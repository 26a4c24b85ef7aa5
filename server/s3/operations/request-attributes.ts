/**
 * What a request says an object shall be besides its bytes: system and user metadata, tags, storage class.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
 */
import { isRedirect, MAX_USER_METADATA_BYTES } from '../../../lib/store/attribute-rules.js';
import type { ObjectAttributes, SystemMetadata } from '../../../lib/store/model.js';
import { S3Error } from '../errors.js';
import type { S3Request } from '../operation.js';
import { askedStorageClass } from './storage-class.js';
import { parseTaggingHeader } from './tagging.js';

const META = 'x-amz-meta-';

type Headers = Pick<S3Request, 'header' | 'headersStartingWith'>;

/** @throws S3Error MetadataTooLarge, InvalidStorageClass, InvalidTag, InvalidArgument, InvalidRedirectLocation */
export function requestAttributes(request: Headers): ObjectAttributes {
  return {
    system: systemMetadata(request),
    user: userMetadata(request),
    tags: parseTaggingHeader(request.header('x-amz-tagging')),
    storageClass: askedStorageClass(request),
  };
}

export function systemMetadata(request: Headers): SystemMetadata {
  const system: { -readonly [K in keyof SystemMetadata]: SystemMetadata[K] } = {};
  const take = (member: keyof SystemMetadata, value: string | undefined): void => {
    if (value !== undefined && value !== '') system[member] = value;
  };
  take('contentType', request.header('content-type'));
  take('cacheControl', request.header('cache-control'));
  take('contentDisposition', request.header('content-disposition'));
  take('contentEncoding', contentEncoding(request.header('content-encoding')));
  take('contentLanguage', request.header('content-language'));
  take('expires', request.header('expires'));
  take('websiteRedirect', websiteRedirect(request.header('x-amz-website-redirect-location')));
  return system;
}

/** `aws-chunked` tells how the request travelled, not what the object is: taken out, the rest as it was. */
export function contentEncoding(header: string | undefined): string | undefined {
  if (header === undefined || !/aws-chunked/i.test(header)) return header;
  const codings = header.split(',').map((coding) => coding.trim());
  return codings.filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked').join(', ');
}

function websiteRedirect(header: string | undefined): string | undefined {
  if (header === undefined || header === '' || isRedirect(header)) return header;
  throw new S3Error('InvalidRedirectLocation');
}

function userMetadata(request: Headers): Readonly<Record<string, string>> {
  const user: Record<string, string> = {};
  let size = 0;
  for (const [header, value] of request.headersStartingWith(META)) {
    const name = header.slice(META.length);
    if (name === '') continue;
    size += Buffer.byteLength(name) + Buffer.byteLength(value);
    // A name such as __proto__ is data like any other.
    Object.defineProperty(user, name, { value, enumerable: true, writable: true, configurable: true });
  }
  if (size > MAX_USER_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', { extra: { Size: size, MaxSizeAllowed: MAX_USER_METADATA_BYTES } });
  }
  return user;
}
