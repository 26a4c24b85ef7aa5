import t from 'tap';
import {
  DEFAULT_STORAGE_CLASS,
  isRedirect,
  isSystemTag,
  isTagKey,
  isTagValue,
  MAX_OBJECT_TAGS,
  MAX_SYSTEM_METADATA_BYTES,
  MAX_USER_METADATA_BYTES,
  STORAGE_CLASSES,
} from '../../../lib/store/attribute-rules.js';

t.test('tags have the lengths and characters of S3', async (t) => {
  for (const key of ['colour', 'Größe', 'a b_c.d:e/f=g+h-i@j', '猫', 'x'.repeat(128)])
    t.ok(isTagKey(key), key);
  for (const key of ['', 'x'.repeat(129), 'a\tb', 'a;b', 'a\0b', 'a"b'])
    t.notOk(isTagKey(key), JSON.stringify(key));
  t.ok(isTagValue('') && isTagValue('x'.repeat(256)));
  t.notOk(isTagValue('x'.repeat(257)) || isTagValue('a\nb'));
  t.ok(isSystemTag('aws:x') && isSystemTag('AWS:x'));
  t.notOk(isSystemTag('awsome'));
});

t.test('a redirect leads to this site or to an address', async (t) => {
  for (const target of ['/index.html', 'http://example.com/', 'https://example.com'])
    t.ok(isRedirect(target));
  for (const target of ['index.html', 'ftp://example.com', 'javascript:x'])
    t.notOk(isRedirect(target), target);
});

t.test('the numbers are those AWS prints', async (t) => {
  t.same([MAX_OBJECT_TAGS, MAX_USER_METADATA_BYTES, MAX_SYSTEM_METADATA_BYTES], [10, 2048, 2048]);
  t.ok(STORAGE_CLASSES.has(DEFAULT_STORAGE_CLASS) && STORAGE_CLASSES.has('GLACIER'));
  t.notOk(STORAGE_CLASSES.has('glacier'));
});
