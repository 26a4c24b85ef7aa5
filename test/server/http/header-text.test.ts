import fc from 'fast-check';
import t from 'tap';
import { decodeHeaderValue, encodeHeaderValue } from '../../../server/http/header-text.js';

/** What a client that knows RFC 2047 makes of it. */
function decodeWords(value: string): string {
  return value
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, base64: string) => Buffer.from(base64, 'base64').toString());
}

t.test('UTF-8 arrives as text, latin1 that is not UTF-8 as it is', async (t) => {
  t.equal(decodeHeaderValue('plain'), 'plain');
  t.equal(decodeHeaderValue(Buffer.from('Grüße ☃').toString('latin1')), 'Grüße ☃');
  t.equal(decodeHeaderValue('Gr\u00fc\u00dfe'), 'Grüße');
});

t.test('any text can be sent, and read back by RFC 2047', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      const sent = encodeHeaderValue(text);
      t.match(sent, /^[\t -~]*$/);
      for (const word of sent.split(' ')) if (word.startsWith('=?UTF-8?')) t.ok(word.length <= 75);
      if (!text.includes('=?')) t.equal(decodeWords(sent), text);
    }),
  );
});

t.test('a line break in metadata cannot begin another header', async (t) => {
  t.notMatch(encodeHeaderValue('a\r\nSet-Cookie: b'), /[\r\n]/);
});
