import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { type PackedNames, sortNames } from '../../../lib/store/name-sort.js';

function pack(names: readonly string[]): PackedNames {
  const starts = new Uint32Array(names.length);
  let at = 0;
  names.forEach((name, i) => {
    starts[i] = at;
    at += Buffer.byteLength(name) + 1;
  });
  return { bytes: Buffer.from(names.map((name) => `${name}\0`).join('')), starts, count: names.length };
}

function sorted(names: readonly string[]): (string | undefined)[] {
  return [...sortNames(pack(names))].map((index) => names[index]);
}

function bytewise(names: readonly string[]): string[] {
  return names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

t.test('names come in the order of their UTF-8 bytes', (t) => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\0')),
    fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 12 }),
    fc.integer({ min: 0, max: 500 }).map((n) => `photos from the sea ${n}`),
  );
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 200 }), (names) => {
      deepStrictEqual(sorted(names), bytewise(names));
    }),
    { numRuns: 300 },
  );
  t.pass('for all of them');
  t.end();
});

t.test('characters beyond U+FFFF come behind those below it, unlike in UTF-16', (t) => {
  t.strictSame(sorted(['\u{1f600}', '\uff5e', 'z']), ['z', '\uff5e', '\u{1f600}']);
  t.end();
});

t.test('thousands of names with much in common are put in order', (t) => {
  const names = Array.from({ length: 20_000 }, (_, i) => `${'deep'.repeat(20)}-${(i * 7919) % 20_000}`);
  t.strictSame(sorted(names), bytewise(names));
  t.end();
});

t.test('no name and one name are in order', (t) => {
  t.strictSame(sorted([]), []);
  t.strictSame(sorted(['a']), ['a']);
  t.end();
});

t.test(
  'equal names, which a directory changing under the reader can show, end the sorting all the same',
  (t) => {
    const names = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'same' : 'other'));
    t.strictSame(sorted(names), bytewise(names));
    t.end();
  },
);
