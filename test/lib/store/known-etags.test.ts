import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../lib/checksum.js';
import { type KnownEtag, KnownEtags } from '../../../lib/store/known-etags.js';
import type { Stamp } from '../../../lib/store/stamp.js';

const STAMP: Stamp = { dev: 65_024, ino: 12n, size: 7, mtimeNs: 1_700_000_000_123_456_789n, ctimeNs: 5n };
const ETAG = 'd41d8cd98f00b204e9800998ecf8427e';

const known: fc.Arbitrary<KnownEtag> = fc
  .tuple(
    fc.stringMatching(/^[0-9a-f]{32}$/),
    fc.option(fc.integer({ min: 1, max: 10_000 })),
    fc.option(fc.tuple(fc.constantFrom(...CHECKSUM_ALGORITHMS), fc.constantFrom('FULL_OBJECT', 'COMPOSITE'))),
  )
  .map(([digest, parts, checksum]) => {
    const etag = parts === null ? digest : `${digest}-${parts}`;
    return checksum === null ? { etag } : { etag, checksumAlgorithm: checksum[0], checksumType: checksum[1] };
  });

t.test('what was learned of a file is what is known of it', (t) => {
  const table = new KnownEtags({ maxBytes: 4096 });
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), known, (ino, about) => {
      table.set({ ...STAMP, ino }, about);
      deepStrictEqual(table.get({ ...STAMP, ino }), about);
    }),
  );
  t.pass('for every tag and checksum');
  t.end();
});

t.test('any change of the stamp makes it unknown', (t) => {
  const table = new KnownEtags({ maxBytes: 4096 });
  table.set(STAMP, { etag: ETAG });
  t.strictSame(table.get(STAMP), { etag: ETAG });
  const others: readonly Partial<Stamp>[] = [
    { dev: 1 },
    { ino: 13n },
    { size: 8 },
    { mtimeNs: 1n },
    { ctimeNs: 6n },
  ];
  for (const other of others) t.equal(table.get({ ...STAMP, ...other }), undefined);
  t.end();
});

t.test('a newer state of a file takes the place of the older', (t) => {
  const table = new KnownEtags({ maxBytes: 4096 });
  table.set(STAMP, { etag: ETAG });
  table.set({ ...STAMP, ctimeNs: 9n }, { etag: `${ETAG}-2` });
  t.equal(table.get(STAMP), undefined);
  t.strictSame(table.get({ ...STAMP, ctimeNs: 9n }), { etag: `${ETAG}-2` });
  t.end();
});

t.test('more files than there is room for never answer for each other', (t) => {
  const table = new KnownEtags({ maxBytes: 64 * 16 });
  const tag = (i: number): string => i.toString(16).padStart(32, '0');
  for (let i = 0; i < 200; i++) table.set({ ...STAMP, ino: BigInt(i) }, { etag: tag(i) });
  let hits = 0;
  for (let i = 0; i < 200; i++) {
    const found = table.get({ ...STAMP, ino: BigInt(i) });
    if (found === undefined) continue;
    hits++;
    t.equal(found.etag, tag(i));
  }
  t.ok(hits > 0 && hits <= 16);
  t.end();
});

t.test('the smallest table still works', (t) => {
  const table = new KnownEtags({ maxBytes: 0 });
  table.set(STAMP, { etag: ETAG });
  t.strictSame(table.get(STAMP), { etag: ETAG });
  table.set({ ...STAMP, ino: 1n }, { etag: ETAG });
  t.equal(table.get(STAMP), undefined);
  t.end();
});

t.test('a tag that is none of ours is not kept', (t) => {
  const table = new KnownEtags({ maxBytes: 4096 });
  table.set(STAMP, { etag: 'x'.repeat(32) });
  t.equal(table.get(STAMP), undefined);
  t.end();
});
