/**
 * XML out, by concatenation: a listing of a thousand keys is a thousand short strings, nothing more.
 * What XML 1.0 cannot hold (control characters in keys) goes out as a character reference, as S3 does;
 * clients that cannot read it ask for encoding-type=url.
 */

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** How every document begins. */
export const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Everything that cannot stand for itself in text or in a quoted attribute. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const SPECIAL = /[&<>"\u0000-\u0008\u000B-\u001F\u007F\uFFFE\uFFFF]/;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const SPECIALS = /[&<>"\u0000-\u0008\u000B-\u001F\u007F\uFFFE\uFFFF]/g;

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(SPECIALS, (char) => NAMED[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);
}

export type XmlValue = string | number | boolean | undefined;

/** `<Name>value</Name>`, escaped; '' when the value is undefined. */
export function element(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  return `<${name}>${typeof value === 'string' ? escapeXml(value) : value}</${name}>`;
}

/** `<Name>…</Name>` around elements already written. `attributes` are written as given: ` xmlns:xsi="…"`. */
export function group(name: string, inner: string, attributes = ''): string {
  return `<${name}${attributes}>${inner}</${name}>`;
}

/** Several elements from one record, in its order; undefined members are left out. */
export function elements(record: Readonly<Record<string, XmlValue>>): string {
  let text = '';
  for (const name in record) text += element(name, record[name]);
  return text;
}

/** A whole document in S3's namespace: `document('ListBucketResult', element('Name', bucket) + …)`. */
export function document(root: string, inner: string): string {
  return `${PROLOGUE}<${root} xmlns="${NAMESPACE}">${inner}</${root}>`;
}

/** A whole document in no namespace, as errors are. */
export function plainDocument(root: string, inner: string): string {
  return `${PROLOGUE}<${root}>${inner}</${root}>`;
}
