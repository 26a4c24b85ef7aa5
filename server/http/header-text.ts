/**
 * Header values as text. On the wire they are bytes: node reads them as latin1 and writes latin1 or nothing,
 * while clients send UTF-8 and, as S3 does, read RFC 2047 encoded words.
 */

const ASCII = /^[\t -~]*$/;
const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A received value: UTF-8 where its bytes are that, else latin1 as it is. */
export function decodeHeaderValue(value: string): string {
  if (ASCII.test(value)) return value;
  try {
    return STRICT.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** A value to send: as it is when it is printable ASCII, else encoded words (RFC 2047, base64 of UTF-8). */
export function encodeHeaderValue(value: string): string {
  if (ASCII.test(value)) return value;
  const words: string[] = [];
  let word = '';
  let bytes = 0;
  for (const char of value) {
    const size = Buffer.byteLength(char);
    // 75 characters are the most a word may have; 45 bytes are 60 of base64 and 12 of frame.
    if (bytes + size > 45) {
      words.push(word);
      word = '';
      bytes = 0;
    }
    word += char;
    bytes += size;
  }
  words.push(word);
  return words.map((text) => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`).join(' ');
}
