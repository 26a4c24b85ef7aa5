import fc from 'fast-check';
import t from 'tap';
import { hiddenPlace, keyOfHidden, pathPlace } from '../../../lib/store/paths.js';

/** Any legal key, the awkward ones often. */
const keys = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
    fc
      .array(fc.constantFrom('a', 'b', '.', '..', '.bucketree', '', '/', '\0', 'é', '🐈', 'x'.repeat(300)), {
        minLength: 1,
        maxLength: 8,
      })
      .map((parts) => parts.join('/')),
    fc.array(fc.constantFrom('/', '.', 'a'), { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
  )
  .filter((key) => key !== '' && key.isWellFormed() && Buffer.byteLength(key) <= 1024);

t.test('most keys are paths', async (t) => {
  t.same(pathPlace('2026/cat.jpg'), {
    kind: 'path',
    path: '2026/cat.jpg',
    parent: '2026',
    name: 'cat.jpg',
    directory: false,
  });
  t.match(pathPlace('a'), { path: 'a', parent: '', name: 'a', directory: false });
  t.match(pathPlace('a/b/'), { path: 'a/b', parent: 'a', name: 'b', directory: true });
  t.ok(pathPlace('.hidden'));
  t.ok(pathPlace('...'));
  t.ok(pathPlace('x'.repeat(255)));
  t.ok(pathPlace('é'.repeat(127)));
});

t.test('a key no path can express has none', async (t) => {
  const inexpressible = [
    '/',
    '//',
    '/a',
    'a//b',
    'a//',
    '.',
    '..',
    './a',
    'a/./b',
    '../x',
    'a/..',
    'a/../b',
    '.bucketree',
    '.bucketree/',
    '.bucketree/tmp/x',
    'a/.bucketree/b',
    'x'.repeat(256),
    `${'é'.repeat(128)}`,
    'a\0b',
  ];
  for (const key of inexpressible) t.equal(pathPlace(key), undefined, JSON.stringify(key).slice(0, 40));
});

t.test('no two keys share a place', async (t) => {
  fc.assert(
    fc.property(keys, keys, (a, b) => {
      if (a === b) return;
      t.not(hiddenPlace(a).path, hiddenPlace(b).path);
      const [one, other] = [pathPlace(a), pathPlace(b)];
      if (one === undefined || other === undefined) return;
      // `a` and `a/` spell one path, and are told apart by what stands there: a file or a directory.
      t.ok(one.path !== other.path || one.directory !== other.directory, `${a} and ${b}`);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

t.test('a path stays beneath the bucket, outside of what is ours, in names a filesystem takes', async (t) => {
  fc.assert(
    fc.property(keys, (key) => {
      const place = pathPlace(key);
      if (place === undefined) return true;
      const segments = place.path.split('/');
      return (
        `${place.path}${place.directory ? '/' : ''}` === key &&
        (place.parent === '' ? place.name : `${place.parent}/${place.name}`) === place.path &&
        segments.every(
          (name) =>
            !['', '.', '..', '.bucketree'].includes(name) &&
            Buffer.byteLength(name) <= 255 &&
            !name.includes('\0'),
        )
      );
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

t.test('a hidden place tells its key again, in names a filesystem takes', async (t) => {
  fc.assert(
    fc.property(keys, (key) => {
      const { path, parent, name } = hiddenPlace(key);
      const below = path.slice('.bucketree/keys/'.length);
      return (
        path === `${parent}/${name}` &&
        keyOfHidden(below) === key &&
        below.split('/').every((part) => part.length <= 255 && /^[0-9a-f]+\.?$/.test(part))
      );
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

t.test(
  'the byte order of hidden places, a directory as `name/`, is the byte order of the keys',
  async (t) => {
    const long = fc
      .array(fc.constantFrom('a', 'b', '\x01', 'é', 'a'.repeat(127), 'a'.repeat(126), 'a'.repeat(128)), {
        minLength: 1,
        maxLength: 5,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(keys, long), fc.oneof(keys, long), (a, b) => {
        const [one, other] = [a, b].map((key) => hiddenPlace(key).path);
        const byKey = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        return Math.sign(Buffer.compare(Buffer.from(one ?? ''), Buffer.from(other ?? ''))) === byKey;
      }),
      { numRuns: 2000 },
    );
    t.pass();
  },
);

t.test('a name under keys/ that we did not make names no key', async (t) => {
  for (const path of [
    '',
    '.',
    '61',
    '6.',
    '6G.',
    '61.x',
    '6/1.',
    '61./62.',
    'FF.',
    'ff.',
    `${'61'.repeat(200)}.`,
  ]) {
    t.equal(keyOfHidden(path), undefined, path.slice(0, 30));
  }
  t.equal(keyOfHidden('61.'), 'a');
});
