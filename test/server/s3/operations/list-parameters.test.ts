import t from 'tap';
import * as fc from 'fast-check';
import {
  countParameter,
  nameEncoding,
  pageLimit,
  parseCount,
  urlEncode,
} from '../../../../server/s3/operations/list-parameters.js';
import { asked } from './asked.js';

const limit = (text: string) => pageLimit(asked({}, { 'max-keys': text }), 'max-keys');

t.test('a page has up to a thousand entries', async (t) => {
  t.equal(pageLimit(asked(), 'max-keys'), 1000);
  t.equal(limit(''), 1000);
  t.equal(limit('0'), 0);
  t.equal(limit('7'), 7);
  t.equal(limit('5000'), 1000);
  t.equal(limit('2147483647'), 1000);
});

t.test('what is no count is an invalid argument, by its name', async (t) => {
  for (const text of ['blah', '-1', '1.5', '2147483648', '1e3', '0x10', '99999999999']) {
    t.throws(() => limit(text), { code: 'InvalidArgument', extra: { ArgumentName: 'max-keys' } }, text);
  }
  t.equal(countParameter(asked(), 'max-keys'), undefined);
  t.equal(parseCount('x', ' 5 '), 5);
});

t.test('names are encoded when asked for, by the one way there is', async (t) => {
  t.equal(nameEncoding(asked()).encode('a b'), 'a b');
  const encoding = nameEncoding(asked({}, { 'encoding-type': 'url' }));
  t.equal(encoding.type, 'url');
  t.equal(encoding.encode('quux ab/th+ud/(ü)\n'), 'quux%20ab/th%2Bud/%28%C3%BC%29%0A');
  t.throws(() => nameEncoding(asked({}, { 'encoding-type': 'base64' })), { code: 'InvalidArgument' });
});

t.test('an encoded name is plain ASCII and decodes to itself', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      fc.pre(name.isWellFormed());
      const encoded = urlEncode(name);
      return /^[\x21-\x7e]*$/.test(encoded) && decodeURIComponent(encoded) === name;
    }),
  );
});
