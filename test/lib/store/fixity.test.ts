import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { prepareHashes } from '../../../lib/hash/wasm.js';
import { type Fixity, startFixity, wholeDigest } from '../../../lib/store/fixity.js';

await prepareHashes();

const md5 = (bytes: Uint8Array): Buffer => createHash('md5').update(bytes).digest();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

function feed(fixity: Fixity, content: Buffer, cuts: readonly number[]): ReturnType<Fixity['finish']> {
  let at = 0;
  for (const cut of [...cuts, content.length]) {
    const end = Math.max(at, Math.min(cut, content.length));
    fixity.update(content.subarray(at, end));
    at = end;
  }
  return fixity.finish();
}

t.test('content without a record has its MD5 and CRC64NVME, and nothing to compare', async (t) => {
  const content = Buffer.from('123456789');
  t.same(feed(startFixity(undefined), content, [4]), {
    md5: md5(content).toString('hex'),
    // Its check value in the catalogue of CRCs: ae8b14860a799888.
    crc64nvme: { algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: 'rosUhgp5mIg=' },
    compared: [],
  });
});

t.test('a whole object is compared by its entity tag and its checksums, however it is read', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(300)), (bytes, cuts) => {
      const content = Buffer.from(bytes);
      const record = {
        etag: md5(content).toString('hex'),
        checksums: [{ algorithm: 'SHA256', type: 'FULL_OBJECT', value: sha256(content) }] as const,
        parts: undefined,
      };
      const { compared } = feed(
        startFixity(record),
        content,
        [...cuts].sort((a, b) => a - b),
      );
      return compared.length === 2 && compared.every(({ recorded, found }) => recorded === found);
    }),
  );
});

t.test('an object of parts is compared part by part', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(360)),
      (parts, cuts) => {
        const content = Buffer.concat(parts);
        const checksum = createHash('sha256').update(
          Buffer.concat(parts.map((part) => createHash('sha256').update(part).digest())),
        );
        const record = {
          etag: `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-${parts.length}`,
          checksums: [
            { algorithm: 'SHA256', type: 'COMPOSITE', value: `${checksum.digest('base64')}-${parts.length}` },
          ] as const,
          parts: parts.map((part, index) => ({ number: index + 1, size: part.length })),
        };
        const { compared } = feed(
          startFixity(record),
          content,
          [...cuts].sort((a, b) => a - b),
        );
        return compared.length === 2 && compared.every(({ recorded, found }) => recorded === found);
      },
    ),
  );
});

t.test('one byte more, less or other differs, in every value', async (t) => {
  const content = Buffer.from('0123456789');
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(content));
  const whole = {
    etag: md5(content).toString('hex'),
    checksums: [{ algorithm: 'CRC32', type: 'FULL_OBJECT', value: crc.toString('base64') }] as const,
    parts: undefined,
  };
  const parted = {
    etag: `${md5(Buffer.concat([md5(content.subarray(0, 6)), md5(content.subarray(6))])).toString('hex')}-2`,
    checksums: [],
    parts: [
      { number: 1, size: 6 },
      { number: 2, size: 4 },
    ],
  };
  for (const other of ['012345678', '01234567890', '0123456780', '']) {
    for (const record of [whole, parted]) {
      const { compared } = feed(startFixity(record), Buffer.from(other), []);
      t.ok(compared.length > 0);
      for (const { what, recorded, found } of compared) t.not(found, recorded, `${what} of "${other}"`);
    }
  }
});

t.test('an opaque entity tag is no digest of anything', async (t) => {
  const record = { etag: `${'a'.repeat(32)}-1`, checksums: [], parts: undefined };
  t.same(feed(startFixity(record), Buffer.from('x'), []).compared, []);
});

t.test('of what is recorded of the whole, the cheapest to compute is taken', async (t) => {
  const content = Buffer.from('hello');
  const etag = md5(content).toString('hex');
  const sha = { algorithm: 'SHA256', type: 'FULL_OBJECT', value: sha256(content) } as const;
  const crc = { algorithm: 'CRC32', type: 'FULL_OBJECT', value: 'NhCmhg==' } as const;
  const parts = { algorithm: 'CRC32', type: 'COMPOSITE', value: 'NhCmhg==-2' } as const;
  t.match(wholeDigest({ etag, checksums: [sha, crc] }), {
    algorithm: 'CRC32',
    value: Buffer.from([0x36, 0x10, 0xa6, 0x86]),
  });
  t.match(wholeDigest({ etag, checksums: [sha] }), { algorithm: 'SHA256' });
  t.match(wholeDigest({ etag, checksums: [parts] }), { algorithm: 'MD5', value: md5(content) });
  t.equal(wholeDigest({ etag: `${etag}-2`, checksums: [parts] }), undefined);
});
