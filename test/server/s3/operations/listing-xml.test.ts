import t from 'tap';
import { commonPrefix, contents, onlyVersion } from '../../../../server/s3/operations/listing-xml.js';

const ENTRY = {
  kind: 'object',
  key: 'a & b',
  size: 5,
  modified: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  etag: 'abc',
  storageClass: 'GLACIER',
} as const;
const STYLE = { encode: (name: string) => name.toUpperCase(), owner: '<Owner/>' };

t.test('an object of a listing has its elements in S3’s order', async (t) => {
  t.equal(
    contents({ ...ENTRY, checksumAlgorithm: 'CRC32', checksumType: 'FULL_OBJECT' }, STYLE),
    '<Contents><Key>A &amp; B</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>' +
      '<ETag>&quot;abc&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>' +
      '<ChecksumType>FULL_OBJECT</ChecksumType><Size>5</Size><Owner/>' +
      '<StorageClass>GLACIER</StorageClass></Contents>',
  );
});

t.test('the only version is null and the latest', async (t) => {
  t.match(
    onlyVersion(ENTRY, STYLE),
    '<Version><Key>A &amp; B</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>',
  );
});

t.test('a common prefix is encoded like keys', async (t) => {
  t.equal(
    commonPrefix({ kind: 'prefix', prefix: 'a/' }, STYLE.encode),
    '<CommonPrefixes><Prefix>A/</Prefix></CommonPrefixes>',
  );
});
