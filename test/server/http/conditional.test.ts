import t from 'tap';
import { evaluateConditions, parseEntityTags, type Conditions } from '../../../server/http/conditional.js';
import { httpDate } from '../../../server/http/dates.js';

const modified = Date.UTC(2026, 0, 1, 12, 0, 0) + 500;
const current = { etag: 'abc', modified };
const same = httpDate(modified);
const before = httpDate(modified - 1000);
const later = httpDate(modified + 1000);

const cases: readonly [string, Conditions, 'proceed' | 304 | string][] = [
  ['nothing asked', {}, 'proceed'],
  ['the tag matches', { ifMatch: '"abc"' }, 'proceed'],
  ['a tag without quotes matches, as S3 has it', { ifMatch: 'abc' }, 'proceed'],
  ['one of several matches', { ifMatch: '"x", "abc"' }, 'proceed'],
  ['anything that exists matches *', { ifMatch: '*' }, 'proceed'],
  ['another tag', { ifMatch: '"abd"' }, 'If-Match'],
  ['a weak tag never matches strongly', { ifMatch: 'W/"abc"' }, 'If-Match'],
  ['a matching tag overrides the date', { ifMatch: '"abc"', ifUnmodifiedSince: before }, 'proceed'],
  ['not modified since then', { ifUnmodifiedSince: same }, 'proceed'],
  ['modified since then', { ifUnmodifiedSince: before }, 'If-Unmodified-Since'],
  ['a date nobody can read is none', { ifUnmodifiedSince: 'soon' }, 'proceed'],
  ['the client has it', { ifNoneMatch: '"abc"' }, 304],
  ['the client has it, weakly', { ifNoneMatch: 'W/"abc"' }, 304],
  ['the client has something else', { ifNoneMatch: '"abd"' }, 'proceed'],
  ['the client wants nothing that exists', { ifNoneMatch: '*' }, 304],
  ['another tag overrides the date', { ifNoneMatch: '"abd"', ifModifiedSince: later }, 'proceed'],
  ['the same tag overrides the date', { ifNoneMatch: '"abc"', ifModifiedSince: before }, 304],
  ['modified in the same second', { ifModifiedSince: same }, 304],
  ['modified after', { ifModifiedSince: before }, 'proceed'],
  ['failing to match wins over not modified', { ifMatch: '"x"', ifNoneMatch: '"abc"' }, 'If-Match'],
];

for (const [title, conditions, expected] of cases) {
  t.test(title, async (t) => {
    const verdict = evaluateConditions(conditions, current);
    t.equal(typeof verdict === 'object' ? verdict.condition : verdict, expected);
  });
}

t.test('a list of tags keeps commas inside quotes', async (t) => {
  t.same(parseEntityTags('"a,b" , W/"c",d'), [
    { value: 'a,b', weak: false },
    { value: 'c', weak: true },
    { value: 'd', weak: false },
  ]);
  t.equal(parseEntityTags(' * '), '*');
});
