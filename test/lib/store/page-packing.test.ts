import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { CHECKSUM_ALGORITHMS } from '../../../lib/checksum.js';
import type { ListedObject, ListedPrefix } from '../../../lib/store/model.js';
import { packPage, unpackPage } from '../../../lib/store/page-packing.js';

const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const plain = fc.record({
  kind: fc.constant('object' as const),
  key: text,
  size: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  modified: fc.integer({ min: -1e12, max: 4e12 }),
  etag: fc.stringMatching(/^[0-9a-f]{32}(-[1-9][0-9]{0,3})?$/),
  storageClass: fc.constantFrom('STANDARD', 'GLACIER', ''),
});
const checked: fc.Arbitrary<ListedObject> = fc
  .tuple(
    plain,
    fc.constantFrom(...CHECKSUM_ALGORITHMS),
    fc.constantFrom('FULL_OBJECT' as const, 'COMPOSITE' as const),
  )
  .map(([object, checksumAlgorithm, checksumType]) => ({ ...object, checksumAlgorithm, checksumType }));
const prefix: fc.Arbitrary<ListedPrefix> = text.map((prefix) => ({ kind: 'prefix', prefix }));

t.test('a page that crossed a thread is the page that was sent', (t) => {
  const page = fc.record({
    entries: fc.array(fc.oneof(plain, checked, prefix), { maxLength: 20 }),
    truncated: fc.boolean(),
    next: text,
  });
  fc.assert(
    fc.property(page, (sent) => {
      const packed = packPage(sent);
      const crossed = structuredClone(packed, { transfer: [packed.numbers.buffer] });
      // Prototypes aside: generated records have none.
      deepStrictEqual(JSON.parse(JSON.stringify(unpackPage(crossed))), JSON.parse(JSON.stringify(sent)));
    }),
  );
  t.pass('whatever is in it');
  t.end();
});
