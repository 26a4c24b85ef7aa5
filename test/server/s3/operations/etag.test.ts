import t from 'tap';
import { quoteEtag, unquoteEtag } from '../../../../server/s3/operations/etag.js';

t.test('an entity tag is quoted on its way out and taken with or without quotes', async (t) => {
  t.equal(quoteEtag('abc-2'), '"abc-2"');
  t.equal(unquoteEtag('"abc-2"'), 'abc-2');
  t.equal(unquoteEtag(' abc-2 '), 'abc-2');
  t.equal(unquoteEtag('"'), '"');
  t.equal(unquoteEtag(''), '');
});
