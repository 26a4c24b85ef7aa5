import fc from 'fast-check';
import t from 'tap';
import type { ObjectAttributes } from '../../../lib/store/model.js';
import { PLAIN } from '../../../lib/store/record.js';
import {
  listedNames,
  type Member,
  memberOf,
  PREFIX,
  storedValue,
  without,
  withValue,
} from '../../../mount/filesystem/metadata-names.js';

const EVERYTHING: ObjectAttributes = {
  system: {
    contentType: 'text/plain',
    cacheControl: 'no-cache',
    contentDisposition: 'attachment',
    contentEncoding: 'gzip',
    contentLanguage: 'de',
    expires: 'Thu, 01 Dec 1994 16:00:00 GMT',
    websiteRedirect: '/elsewhere',
  },
  user: { colour: 'blue', __proto__x: 'y' },
  tags: [
    { key: 'a b', value: '' },
    { key: 'project', value: 'x' },
  ],
  storageClass: 'GLACIER',
};

function member(name: string): Member {
  const found = memberOf(name);
  if (found === undefined) throw new Error(`${name} is no member`);
  return found;
}

function set(attributes: ObjectAttributes, name: string, value: string): ObjectAttributes {
  return withValue(attributes, member(name), value);
}

t.test('everything that is stored has a name, and by it its value', async (t) => {
  const values = listedNames(EVERYTHING).map((name) => [
    name,
    storedValue(EVERYTHING, member(name.slice(PREFIX.length))),
  ]);
  t.same(values, [
    ['user.s3.content-type', 'text/plain'],
    ['user.s3.cache-control', 'no-cache'],
    ['user.s3.content-disposition', 'attachment'],
    ['user.s3.content-encoding', 'gzip'],
    ['user.s3.content-language', 'de'],
    ['user.s3.expires', 'Thu, 01 Dec 1994 16:00:00 GMT'],
    ['user.s3.website-redirect', '/elsewhere'],
    ['user.s3.storage-class', 'GLACIER'],
    ['user.s3.meta.colour', 'blue'],
    ['user.s3.meta.__proto__x', 'y'],
    ['user.s3.tag.a b', ''],
    ['user.s3.tag.project', 'x'],
  ]);
  t.same(listedNames(PLAIN), []);
});

t.test('an object rebuilt from its names is the same object', async (t) => {
  const rebuilt = listedNames(EVERYTHING).reduce((built, name) => {
    const one = member(name.slice(PREFIX.length));
    return withValue(built, one, storedValue(EVERYTHING, one) ?? '');
  }, PLAIN);
  t.same(rebuilt, EVERYTHING);
  const emptied = listedNames(EVERYTHING).reduce(
    (left, name) => without(left, member(name.slice(PREFIX.length))),
    EVERYTHING,
  );
  t.same(emptied, PLAIN);
});

t.test('a name that is none of S3’s means nothing', async (t) => {
  for (const name of ['', 'x', 'content-length', 'Content-Type', 'meta', 'toString', '__proto__'])
    t.equal(memberOf(name), undefined, name);
});

t.test('the name of a prototype is user metadata like any other', async (t) => {
  const named = set(PLAIN, 'meta.__proto__', 'data');
  t.equal(storedValue(named, member('meta.__proto__')), 'data');
  t.equal(storedValue(PLAIN, member('meta.__proto__')), undefined);
  t.equal(storedValue(PLAIN, member('meta.constructor')), undefined);
  t.same(listedNames(named), ['user.s3.meta.__proto__']);
});

t.test('two kilobytes of user metadata are taken, one byte more is not', async (t) => {
  const full = set(PLAIN, 'meta.ab', 'x'.repeat(2046));
  t.throws(() => set(PLAIN, 'meta.ab', 'x'.repeat(2047)), { code: 'MetadataTooLarge' });
  t.throws(() => set(full, 'meta.c', ''), { code: 'MetadataTooLarge' });
  t.same(set(full, 'meta.ab', 'short').user, { ab: 'short' }, 'what is replaced does not count');
  t.throws(() => set(PLAIN, 'cache-control', 'x'.repeat(2048)), { code: 'MetadataTooLarge' });
});

t.test('ten tags are taken, one more is not, and each keeps within S3’s limits', async (t) => {
  const full = Array.from({ length: 10 }, (_, at) => `tag.t${at}`).reduce(
    (tagged, name) => set(tagged, name, 'v'),
    PLAIN,
  );
  t.throws(() => set(full, 'tag.t10', 'v'), { code: 'InvalidTag' });
  t.equal(set(full, 'tag.t3', 'other').tags.length, 10, 'one that is there may change');
  t.throws(() => set(PLAIN, 'tag.', 'v'), { code: 'InvalidTag' });
  t.throws(() => set(PLAIN, 'tag.aws:x', 'v'), { code: 'InvalidTag' });
  t.throws(() => set(PLAIN, `tag.${'x'.repeat(129)}`, 'v'), { code: 'InvalidTag' });
  t.throws(() => set(PLAIN, 'tag.x', 'v'.repeat(257)), { code: 'InvalidTag' });
  t.throws(() => set(PLAIN, 'tag.x', 'a\nb'), { code: 'InvalidTag' });
});

t.test('what cannot be a header is not taken', async (t) => {
  for (const [name, value] of [
    ['meta.Upper', 'x'],
    ['meta.a b', 'x'],
    ['meta.', 'x'],
    ['meta.größe', 'x'],
    ['meta.a', 'x\r\nSet-Cookie: y'],
    ['content-type', ''],
    ['content-type', 'text/plain\n'],
    ['cache-control', 'a\0b'],
    ['website-redirect', 'elsewhere'],
    ['storage-class', 'COLD'],
    ['etag', 'x'],
  ] as const) {
    t.throws(() => set(PLAIN, name, value), { code: 'InvalidArgument' }, `${name}: ${JSON.stringify(value)}`);
  }
  t.equal(set(PLAIN, 'meta.a', 'Grüße, 猫\t!').user['a'], 'Grüße, 猫\t!');
});

t.test('names too long for an attribute are kept and not listed', async (t) => {
  const long = { ...PLAIN, user: { ['x'.repeat(243)]: '1', ['y'.repeat(242)]: '2' } };
  t.same(listedNames(long), [`user.s3.meta.${'y'.repeat(242)}`]);
  t.equal(Object.keys(set(long, 'meta.z', '3').user).length, 3);
});

t.test('whatever is set is either refused or reads back as it was', async (t) => {
  const name = fc.oneof(
    fc.constantFrom(
      'content-type',
      'expires',
      'storage-class',
      'meta.x',
      'tag.x',
      'etag',
      'website-redirect',
    ),
    fc.string({ unit: 'binary' }).map((text) => `meta.${text}`),
    fc.string({ unit: 'binary' }).map((text) => `tag.${text}`),
  );
  fc.assert(
    fc.property(name, fc.string({ unit: 'binary', maxLength: 3000 }), (text, value) => {
      const one = memberOf(text);
      if (one === undefined) return;
      let changed: ObjectAttributes;
      try {
        changed = withValue(EVERYTHING, one, value);
      } catch (error) {
        t.match(error, { name: 'StoreError' });
        return;
      }
      const isDefault = one.kind === 'storageClass' && value === 'STANDARD';
      if (storedValue(changed, one) !== (isDefault ? undefined : value)) t.fail(`${text}: ${value}`);
    }),
  );
});
