/** docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
import type { ObjectInfo } from '../../../lib/store/model.js';
import { httpDate } from '../../http/dates.js';
import { invalidArgument } from '../errors.js';
import type { Implementation, S3Request, S3Response } from '../operation.js';
import { document, element, elements, group } from '../xml-write.js';
import { xmlAnswer } from './answers.js';
import { checksumElements } from './checksum-headers.js';
import { MAX_PAGE, parseCount } from './list-parameters.js';
import { refuseDecryption } from './encryption-headers.js';
import { requireCurrentVersion } from './version-id.js';

type Attribute = 'ETag' | 'Checksum' | 'ObjectParts' | 'StorageClass' | 'ObjectSize';

async function handler(request: S3Request): Promise<S3Response> {
  requireCurrentVersion(request);
  refuseDecryption(request);
  const asked = askedAttributes(request.header('x-amz-object-attributes'));
  const page = {
    limit: Math.min(countHeader(request, 'x-amz-max-parts') ?? MAX_PAGE, MAX_PAGE),
    after: countHeader(request, 'x-amz-part-number-marker') ?? 0,
  };
  const info = await request.store.head(request.bucket, request.key);
  let inner = '';
  for (const [name, write] of WRITERS) if (asked.has(name)) inner += write(info, page);
  return xmlAnswer(request, document('GetObjectAttributesResponse', inner), {
    'Last-Modified': httpDate(info.modified),
  });
}

interface Page {
  readonly limit: number;
  /** A part's number. */
  readonly after: number;
}

/** In the order of the document. */
const WRITERS: readonly (readonly [Attribute, (info: ObjectInfo, page: Page) => string])[] = [
  ['ETag', ({ etag }) => element('ETag', etag)],
  [
    'Checksum',
    ({ checksums }) => (checksums.length === 0 ? '' : group('Checksum', checksumElements(checksums))),
  ],
  ['ObjectParts', objectParts],
  ['StorageClass', ({ storageClass }) => element('StorageClass', storageClass)],
  ['ObjectSize', ({ size }) => element('ObjectSize', size)],
];

const KNOWN = new Map<string, Attribute>(WRITERS.map(([name]) => [name, name]));

function askedAttributes(header: string | undefined): ReadonlySet<Attribute> {
  const asked = new Set<Attribute>();
  for (const text of (header ?? '').split(',')) {
    const name = text.trim();
    if (name === '') continue;
    const attribute = KNOWN.get(name);
    if (attribute === undefined) {
      throw invalidArgument('x-amz-object-attributes', name, 'Invalid attribute name specified.');
    }
    asked.add(attribute);
  }
  if (asked.size > 0) return asked;
  throw invalidArgument(
    'x-amz-object-attributes',
    header ?? '',
    'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
  );
}

function countHeader(request: S3Request, name: string): number | undefined {
  const text = request.header(name);
  return text === undefined ? undefined : parseCount(name, text);
}

/** Nothing for an object that was not made of parts. The parts themselves only where they have checksums. */
function objectParts(info: ObjectInfo, { limit, after }: Page): string {
  const { parts, checksums } = info;
  if (parts === undefined) return '';
  const count = element('PartsCount', parts.length);
  const algorithm = checksums[0]?.algorithm;
  if (algorithm === undefined || parts.every((part) => part.checksum === undefined)) {
    return group('ObjectParts', count);
  }
  // Numbered as `?partNumber=` reads them: gaps of the upload are closed.
  const rest = parts
    .map((part, index) => ({ ...part, number: index + 1 }))
    .filter((part) => part.number > after);
  const shown = rest.slice(0, limit);
  const list = shown.map((part) =>
    group(
      'Part',
      elements({ PartNumber: part.number, Size: part.size, [`Checksum${algorithm}`]: part.checksum }),
    ),
  );
  return group(
    'ObjectParts',
    count +
      elements({
        PartNumberMarker: after,
        NextPartNumberMarker: shown.at(-1)?.number ?? 0,
        MaxParts: limit,
        IsTruncated: rest.length > shown.length,
      }) +
      list.join(''),
  );
}

export const getObjectAttributes: Implementation = { name: 'GetObjectAttributes', handler };
