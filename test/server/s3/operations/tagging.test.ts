import t from 'tap';
import * as fc from 'fast-check';
import { parseXml } from '../../../../server/s3/xml.js';
import {
  checkTags,
  parseTaggingHeader,
  readTagging,
  readTags,
  taggingDocument,
} from '../../../../server/s3/operations/tagging.js';

const many = (count: number) => Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: '' }));

t.test('the header is read as a query and comes out by key', async (t) => {
  t.same(parseTaggingHeader('foo=bar&bar'), [
    { key: 'bar', value: '' },
    { key: 'foo', value: 'bar' },
  ]);
  t.same(parseTaggingHeader('a+b=%C3%BC%20x'), [{ key: 'a b', value: 'ü x' }]);
  t.same(parseTaggingHeader(undefined), []);
  t.same(parseTaggingHeader(''), []);
});

t.test('a header that is no query, or names a tag twice, is an invalid argument', async (t) => {
  t.throws(() => parseTaggingHeader('a=%zz'), { code: 'InvalidArgument' });
  t.throws(() => parseTaggingHeader('a=1&a=2'), { code: 'InvalidArgument' });
});

t.test('limits are those of S3', async (t) => {
  t.equal(checkTags(many(10), 'object').length, 10);
  t.throws(() => checkTags(many(11), 'object'), { code: 'InvalidTag' });
  t.equal(checkTags(many(50), 'bucket').length, 50);
  t.throws(() => checkTags(many(51), 'bucket'), { code: 'InvalidTag' });
  const one = (key: string, value: string) => () => checkTags([{ key, value }], 'object');
  t.doesNotThrow(one('k'.repeat(128), 'v'.repeat(256)));
  t.throws(one('k'.repeat(129), ''), { code: 'InvalidTag' });
  t.throws(one('k', 'v'.repeat(257)), { code: 'InvalidTag' });
  t.throws(one('', 'v'), { code: 'InvalidTag' });
  t.throws(one('aws:x', 'v'), { code: 'InvalidTag' });
  t.throws(one('AWS:x', 'v'), { code: 'InvalidTag' });
  t.throws(one('a\nb', 'v'), { code: 'InvalidTag' });
  t.throws(one('a', '<v>'), { code: 'InvalidTag' });
});

t.test('XML names each tag once, with both its parts', async (t) => {
  const tagging = (inner: string) => parseXml(`<Tagging><TagSet>${inner}</TagSet></Tagging>`, 'Tagging');
  t.same(
    readTagging(tagging('<Tag><Key>b</Key><Value>2</Value></Tag><Tag><Key>a</Key><Value/></Tag>'), 'object'),
    [
      { key: 'a', value: '' },
      { key: 'b', value: '2' },
    ],
  );
  t.same(readTagging(tagging(''), 'object'), []);
  t.throws(() => readTagging(tagging('<Tag><Key>a</Key></Tag>'), 'object'), { code: 'MalformedXML' });
  t.throws(() => readTagging(parseXml('<Tagging/>', 'Tagging'), 'object'), { code: 'MalformedXML' });
  const twice = '<Tag><Key>a</Key><Value>1</Value></Tag>'.repeat(2);
  t.throws(() => readTagging(tagging(twice), 'object'), { code: 'InvalidTag' });
  t.same(readTags(tagging('').require('TagSet'), 'bucket'), []);
});

t.test('what is printed is read again', async () => {
  const text = fc.stringMatching(/^[\p{L}\p{N} _.:/=+\-@]{1,40}$/u).filter((key) => !/^aws:/i.test(key));
  const tags = fc.uniqueArray(fc.record({ key: text, value: text }), {
    maxLength: 10,
    selector: (tag) => tag.key,
  });
  fc.assert(
    fc.property(tags, (set) => {
      const sorted = checkTags(set, 'object');
      const again = readTagging(parseXml(taggingDocument(sorted), 'Tagging'), 'object');
      return JSON.stringify(again) === JSON.stringify(sorted);
    }),
  );
});
