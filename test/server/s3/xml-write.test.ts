import t from 'tap';
import {
  document,
  element,
  elements,
  escapeXml,
  group,
  plainDocument,
} from '../../../server/s3/xml-write.js';

t.test('markup in data stays data', async (t) => {
  t.equal(escapeXml('<a href="x">&'), '&lt;a href=&quot;x&quot;&gt;&amp;');
  t.equal(element('Key', "it's"), "<Key>it's</Key>");
});

t.test('control characters go out as references, the way S3 does', async (t) => {
  t.equal(escapeXml('\u0001\r\u001f\u007f'), '&#x1;&#xd;&#x1f;&#x7f;');
  t.equal(escapeXml('a\tb\nc'), 'a\tb\nc');
});

t.test('undefined is left out, everything else is there', async (t) => {
  t.equal(element('A', undefined), '');
  t.equal(element('A', ''), '<A></A>');
  t.equal(element('A', 0) + element('B', false), '<A>0</A><B>false</B>');
  t.equal(elements({ A: 1, B: undefined, C: 'x' }), '<A>1</A><C>x</C>');
});

t.test('a document declares its namespace, an error has none', async (t) => {
  t.equal(
    document('R', group('C', element('K', 'v'))),
    '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><C><K>v</K></C></R>',
  );
  t.equal(plainDocument('Error', ''), '<?xml version="1.0" encoding="UTF-8"?>\n<Error></Error>');
});
