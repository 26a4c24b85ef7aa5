import t from 'tap';
import { ChunkSigner } from '../../../../server/s3/auth/chunk-signer.js';
import { EMPTY_SHA256, SigningKeys, sha256Hex } from '../../../../server/s3/auth/signing-key.js';

const scope = { date: '20130524', region: 'us-east-1' };
const key = new SigningKeys().get('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', scope);

t.test('the chunks of the AWS documentation: 64 KiB, 1 KiB and the end', async (t) => {
  const signer = new ChunkSigner(
    key,
    '20130524T000000Z',
    scope,
    '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  );
  t.equal(
    signer.chunk(sha256Hex('a'.repeat(65536))),
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
  );
  t.equal(
    signer.chunk(sha256Hex('a'.repeat(1024))),
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
  );
  t.equal(signer.chunk(EMPTY_SHA256), 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9');
});

t.test('trailers are signed behind the last chunk, as in the AWS documentation', async (t) => {
  const signer = new ChunkSigner(
    key,
    '20130524T000000Z',
    scope,
    '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
  );
  t.equal(
    signer.chunk(sha256Hex('a'.repeat(65536))),
    'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
  );
  t.equal(
    signer.chunk(sha256Hex('a'.repeat(1024))),
    '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
  );
  t.equal(signer.chunk(EMPTY_SHA256), '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992');
  t.equal(
    signer.trailer('x-amz-checksum-crc32c:sOO8/Q==\n'),
    'd81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435',
  );
});
