/**
 * Which checksum a request states, and how checksums are printed.
 * docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
 * Only headers count: presigned URLs of the JavaScript SDK carry the checksum of an empty body in the query.
 */
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ChecksumType } from '../../../lib/checksum.js';
import { S3Error, invalidArgument } from '../errors.js';
import type { S3Request } from '../operation.js';
import { element } from '../xml-write.js';

export type HeaderName = `x-amz-checksum-${Lowercase<ChecksumAlgorithm>}`;

export function checksumHeader(algorithm: ChecksumAlgorithm): HeaderName {
  return `x-amz-checksum-${algorithm.toLowerCase() as Lowercase<ChecksumAlgorithm>}`;
}

const BY_HEADER: ReadonlyMap<string, ChecksumAlgorithm> = new Map(
  CHECKSUM_ALGORITHMS.map((algorithm) => [checksumHeader(algorithm), algorithm]),
);

export interface StatedChecksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; undefined: it follows in the trailer of the same name. */
  readonly value: string | undefined;
}

type Asked = Pick<S3Request, 'header'> & { readonly body: Pick<S3Request['body'], 'announcedTrailers'> };

/**
 * The one checksum the client sends with its body, by header or by trailer.
 * @throws S3Error InvalidRequest when there are several, or an algorithm is named and none sent
 */
export function statedChecksum(request: Asked): StatedChecksum | undefined {
  const found: StatedChecksum[] = [];
  for (const [name, algorithm] of BY_HEADER) {
    const value = request.header(name);
    if (value !== undefined) found.push({ algorithm, value: value.trim() });
  }
  for (const name of request.body.announcedTrailers) {
    const algorithm = BY_HEADER.get(name);
    if (algorithm !== undefined) found.push({ algorithm, value: undefined });
  }
  if (found.length > 1) {
    throw new S3Error('InvalidRequest', {
      message: 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    });
  }
  const stated = found[0];
  const named = request.header('x-amz-sdk-checksum-algorithm');
  if (named !== undefined) {
    const algorithm = parseAlgorithm('x-amz-sdk-checksum-algorithm', named);
    if (stated === undefined) {
      throw new S3Error('InvalidRequest', {
        message:
          'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
      });
    }
    if (stated.algorithm !== algorithm) {
      throw new S3Error('InvalidRequest', {
        message: 'Value for x-amz-sdk-checksum-algorithm header is invalid.',
      });
    }
  }
  return stated;
}

/** The whole object's checksum as CompleteMultipartUpload states it: headers of the same names, no trailers. */
export function statedObjectChecksum(
  request: Pick<S3Request, 'header'>,
): { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined {
  const stated = statedChecksum({
    header: (name) => (name === 'x-amz-sdk-checksum-algorithm' ? undefined : request.header(name)),
    body: { announcedTrailers: [] },
  });
  return stated?.value === undefined ? undefined : { algorithm: stated.algorithm, value: stated.value };
}

/** @throws S3Error InvalidRequest for a name that is none of the ten */
export function parseAlgorithm(header: string, value: string): ChecksumAlgorithm {
  const wanted = value.trim().toUpperCase();
  const algorithm = CHECKSUM_ALGORITHMS.find((name) => name === wanted);
  if (algorithm !== undefined) return algorithm;
  throw new S3Error('InvalidRequest', {
    message: `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${CHECKSUM_ALGORITHMS.join(', ')}]`,
    extra: { ArgumentName: header, ArgumentValue: value },
  });
}

/** `x-amz-checksum-algorithm`, as CreateMultipartUpload and CopyObject take it. */
export function askedAlgorithm(request: Pick<S3Request, 'header'>): ChecksumAlgorithm | undefined {
  const value = request.header('x-amz-checksum-algorithm');
  return value === undefined ? undefined : parseAlgorithm('x-amz-checksum-algorithm', value);
}

/** `x-amz-checksum-type`. @throws S3Error InvalidArgument */
export function askedType(request: Pick<S3Request, 'header'>): ChecksumType | undefined {
  const value = request.header('x-amz-checksum-type');
  if (value === undefined) return undefined;
  const type = value.trim().toUpperCase();
  if (type === 'FULL_OBJECT' || type === 'COMPOSITE') return type;
  throw invalidArgument('x-amz-checksum-type', value, 'Value for x-amz-checksum-type header is invalid.');
}

/** Only CRCs of parts combine into the CRC of the whole; CRC64NVME knows nothing else. */
export function typesOf(algorithm: ChecksumAlgorithm): readonly ChecksumType[] {
  switch (algorithm) {
    case 'CRC64NVME':
      return ['FULL_OBJECT'];
    case 'CRC32':
    case 'CRC32C':
      return ['COMPOSITE', 'FULL_OBJECT'];
    default:
      return ['COMPOSITE'];
  }
}

interface Printed {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
  readonly type?: ChecksumType;
}

/** `x-amz-checksum-crc32: …` and x-amz-checksum-type, for an answer's headers. */
export function checksumHeaders(checksums: readonly Printed[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { algorithm, value, type } of checksums) {
    headers[checksumHeader(algorithm)] = value;
    if (type !== undefined) headers['x-amz-checksum-type'] = type;
  }
  return headers;
}

/** `<ChecksumCRC32>…</ChecksumCRC32>`, and ChecksumType where it is known. */
export function checksumElements(checksums: readonly Printed[]): string {
  let xml = '';
  let known: ChecksumType | undefined;
  for (const { algorithm, value, type } of checksums) {
    xml += element(`Checksum${algorithm}`, value);
    known ??= type;
  }
  return xml + element('ChecksumType', known);
}
