import fc from 'fast-check';
import t from 'tap';
import { parseXml, type XmlNode } from '../../../server/s3/xml.js';
import { document, element, group } from '../../../server/s3/xml-write.js';

t.test('a document as clients send it', async (t) => {
  const root = parseXml(
    Buffer.from(
      '\ufeff<?xml version="1.0"?><!-- x --><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet><Object><Key>a &amp; b</Key></Object><Object><Key><![CDATA[<c>]]></Key></Object></Delete>\n',
    ),
    'Delete',
  );
  t.equal(root.textOf('Quiet'), 'true');
  t.same(
    root.children('Object').map((object) => object.require('Key').text),
    ['a & b', '<c>'],
  );
  t.same([...root.names()], ['Quiet', 'Object']);
  t.equal(root.child('Nothing'), undefined);
  t.throws(() => root.require('Nothing'), { code: 'MalformedXML' });
  t.throws(() => root.child('Object'), { code: 'MalformedXML' });
});

t.test('namespaces and attributes', async (t) => {
  const root = parseXml('<s3:A xmlns:s3="u" xmlns:xsi="v"><s3:Grantee xsi:type="Group"/></s3:A>', 'A');
  t.equal(root.require('Grantee').attribute('type'), 'Group');
  t.equal(root.require('Grantee').text, '');
});

t.test('whitespace in a leaf is data', async (t) => {
  t.equal(parseXml('<A><Key> </Key></A>', 'A').textOf('Key'), ' ');
  t.equal(parseXml('<A><Key>&#x1;\n</Key></A>', 'A').textOf('Key'), '\u0001\n');
});

t.test('names that objects inherit are names like others', async (t) => {
  const root = parseXml('<A><constructor>1</constructor><__proto__>2</__proto__><cdata>3</cdata></A>', 'A');
  t.equal(root.textOf('constructor'), '1');
  t.equal(root.textOf('__proto__'), '2');
  t.equal(root.textOf('cdata'), '3');
  t.equal(root.child('toString'), undefined);
});

t.test('what is dangerous or broken is refused', async (t) => {
  const refused: readonly string[] = [
    '',
    '   ',
    'text',
    '<A>',
    '<A></B>',
    '</A>',
    '<A/><A/>',
    '<A/>tail',
    '<B/>',
    '<A',
    '<A b="',
    '<A b="<"/>',
    '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>',
    '<!doctype A><A/>',
    '<A>&nbsp;</A>',
    '<A>&x;</A>',
    '<A>& </A>',
    '<A b="&x;"/>',
    '<A>&#1114112;</A>',
    '<A><![CDATA[x</A>',
    '<!-- <A/>',
    '<A><!-- </A>',
    '<A'.repeat(50),
    `${'<A>'.repeat(40)}${'</A>'.repeat(40)}`,
  ];
  for (const text of refused)
    t.throws(() => parseXml(text, 'A'), { code: 'MalformedXML' }, text.slice(0, 40));
  t.throws(() => parseXml(Buffer.from([0x3c, 0x41, 0x3e, 0xff, 0x3c, 0x2f, 0x41, 0x3e]), 'A'), {
    code: 'MalformedXML',
  });
});

t.test('whatever comes, the answer is a tree or MalformedXML', async (t) => {
  const piece = fc.constantFrom(
    '<A>',
    '</A>',
    '<A/>',
    '<b c="d">',
    '</b>',
    '&amp;',
    '&#65;',
    '&',
    '<',
    '>',
    '"',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?x ?>',
    'text',
    ' ',
    '\u0000',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        parseXml(pieces.join(''), 'A');
      } catch (error) {
        t.equal((error as { code?: string }).code, 'MalformedXML');
      }
    }),
    { numRuns: 2000 },
  );
});

t.test('what is written is read back as it was', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 })), (keys) => {
      const text = document('A', keys.map((key) => group('C', element('Key', key))).join(''));
      const read = parseXml(text, 'A').children('C');
      t.same(
        read.map((node) => node.textOf('Key')),
        keys,
      );
    }),
    { numRuns: 300 },
  );
});

t.test('a document of elements and text alone says the same as one that has a comment, too', async (t) => {
  const text = fc.stringMatching(/^[ \n\u00a0a-z"'#;=\]-]{0,6}$/);
  const name = fc.constantFrom('a', 'b', 'ETag', 'toString', '__proto__', 'x.y-z');
  const { node } = fc.letrec<{ node: string }>((tie) => ({
    node: fc
      .tuple(
        name,
        fc.constantFrom('', ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"', ' '),
        fc.array(fc.oneof({ maxDepth: 4 }, text, tie('node')), { maxLength: 4 }),
        fc.boolean(),
      )
      .map(([tag, more, inside, short]) =>
        short && inside.length === 0 ? `<${tag}${more}/>` : `<${tag}${more}>${inside.join('')}</${tag} >`,
      ),
  }));
  const shape = (read: XmlNode): unknown => [
    read.name,
    read.text,
    read.attribute('xmlns'),
    [...read.names()].map((child) => read.children(child).map(shape)),
  ];
  fc.assert(
    fc.property(
      fc.constantFrom('', '<?xml version="1.0" encoding="UTF-8"?>\n'),
      fc.array(fc.oneof(text, node), { maxLength: 5 }),
      (declaration, inside) => {
        const plain = parseXml(`${declaration}<R>${inside.join('')}</R>\n`, 'R');
        const other = parseXml(`${declaration}<R><!-- any -->${inside.join('')}</R>\n`, 'R');
        t.strictSame(shape(plain), shape(other), inside.join(''));
      },
    ),
  );
});
