/**
 * XML in: a request body as a small tree that handlers walk. A scan refuses what no S3 document needs and what
 * could hurt: document types, entities of one's own, depth, trailing matter. Documents of elements and text alone,
 * as clients send them, are read here: the 64 parts of a first Complete take xml2js more than ten milliseconds in
 * a cold process. It reads all others.
 * https://www.w3.org/TR/xml/
 */
import { Parser } from 'xml2js';
import { S3Error } from './errors.js';

const MAX_DEPTH = 32;
const TEXT = '#';
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** An element. Namespaces and attributes' prefixes play no part: names are local ones. */
export class XmlNode {
  readonly name: string;
  /** Its character data, as written: not trimmed. */
  readonly text: string;
  readonly #children: ReadonlyMap<string, readonly XmlNode[]>;
  readonly #attributes: ReadonlyMap<string, string>;

  constructor(
    name: string,
    text: string,
    children: ReadonlyMap<string, readonly XmlNode[]>,
    attributes: ReadonlyMap<string, string>,
  ) {
    this.name = name;
    this.text = text;
    this.#children = children;
    this.#attributes = attributes;
  }

  /** The only child of that name. @throws S3Error MalformedXML when there are several */
  child(name: string): XmlNode | undefined {
    const found = this.#children.get(name);
    if (found !== undefined && found.length > 1) throw new S3Error('MalformedXML');
    return found?.[0];
  }

  /** @throws S3Error MalformedXML when there is none, or several */
  require(name: string): XmlNode {
    const found = this.child(name);
    if (found === undefined) throw new S3Error('MalformedXML');
    return found;
  }

  /** All children of that name, in order. */
  children(name: string): readonly XmlNode[] {
    return this.#children.get(name) ?? [];
  }

  /** The text of the only child of that name. */
  textOf(name: string): string | undefined {
    return this.child(name)?.text;
  }

  /** The names of its children, each once. */
  names(): Iterable<string> {
    return this.#children.keys();
  }

  /** An attribute by local name: `type` for `xsi:type`. */
  attribute(name: string): string | undefined {
    return this.#attributes.get(name);
  }
}

/**
 * @param body bytes (UTF-8) or text
 * @param roots the root element's name, or several it may have
 * @throws S3Error MalformedXML
 */
export function parseXml(body: Uint8Array | string, ...roots: readonly string[]): XmlNode {
  const root = readTree(typeof body === 'string' ? body : decode(body));
  if (!roots.includes(root.name)) throw new S3Error('MalformedXML');
  return root;
}

function decode(body: Uint8Array): string {
  try {
    return UTF8.decode(body);
  } catch (error) {
    throw new S3Error('MalformedXML', { cause: error });
  }
}

/** A space before every name keeps element names apart from what objects inherit. */
const LOCAL_NAME = (name: string): string => ` ${name.slice(name.indexOf(':') + 1)}`;

function readTree(text: string): XmlNode {
  scan(text);
  return readPlain(text) ?? readAny(text);
}

const DECLARATION = /^<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?(?: standalone="yes")?\s*\?>/;
/** A tag without attributes (`xmlns` aside), or text without references. */
const PLAIN = /<(\/?)([A-Za-z_][\w.-]*)(?: xmlns="([^"<&>\s]*)")?\s*(\/?)>|([^<>&]+)/y;

interface Open {
  readonly name: string;
  readonly children: Map<string, XmlNode[]>;
  readonly attributes: Map<string, string>;
  text: string;
}

/** undefined: there is more in it than elements and text, or something is wrong with it. */
function readPlain(text: string): XmlNode | undefined {
  const open: Open[] = [];
  let root: XmlNode | undefined;
  PLAIN.lastIndex = DECLARATION.exec(text)?.[0].length ?? 0;
  while (PLAIN.lastIndex < text.length) {
    const [, slash, name = '', namespace, empty, data] = PLAIN.exec(text) ?? [];
    const parent = open.at(-1);
    if (data !== undefined) {
      if (parent !== undefined) parent.text += data;
      continue;
    }
    if (name === '' || (slash !== '' && (empty !== '' || namespace !== undefined))) return undefined;
    if (slash === '') {
      const attributes = new Map(namespace === undefined ? [] : [['xmlns', namespace]]);
      open.push({ name, children: new Map(), attributes, text: '' });
      if (empty === '') continue;
    } else if (parent?.name !== name) return undefined;
    root = closed(open);
  }
  return open.length === 0 ? root : undefined;
}

/** The innermost element, ended and put into the one around it. White space between elements is nobody's. */
function closed(open: Open[]): XmlNode | undefined {
  const ended = open.pop();
  if (ended === undefined) return undefined;
  const { name, text, children, attributes } = ended;
  const bare = children.size === 0 && attributes.size === 0;
  const node = new XmlNode(name, bare || /\S/.test(text) ? text : '', children, attributes);
  const siblings = open.at(-1)?.children;
  const alike = siblings?.get(name);
  if (alike === undefined) siblings?.set(name, [node]);
  else alike.push(node);
  return node;
}

function readAny(text: string): XmlNode {
  const parser = new Parser({
    attrkey: '@',
    charkey: TEXT,
    explicitCharkey: true,
    tagNameProcessors: [LOCAL_NAME],
    attrNameProcessors: [LOCAL_NAME],
  });
  let tree: unknown;
  let failure: unknown;
  try {
    parser.parseString(withControls(text), (error, result: unknown) => {
      failure ??= error;
      tree = result;
    });
  } catch (error) {
    failure = error;
  }
  if (failure != null || typeof tree !== 'object' || tree === null) {
    throw new S3Error('MalformedXML', { cause: failure });
  }
  for (const [name, value] of Object.entries(tree)) return toNode(name.slice(1), value);
  throw new S3Error('MalformedXML');
}

/**
 * XML 1.0 has no control characters, keys may; S3 lists them as references and takes them back so. The parser
 * refuses such references and passes the characters themselves.
 */
function withControls(text: string): string {
  if (!/&#(?:x0*1?[0-9a-f]|0*[12]?\d|0*3[01]);/i.test(text) || text.includes('<![CDATA[')) return text;
  return text.replace(/&#(x?)([0-9a-f]+);/gi, (reference, hex: string, digits: string) => {
    const code = Number.parseInt(digits, hex === '' ? 10 : 16);
    return code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d
      ? String.fromCharCode(code)
      : reference;
  });
}

function toNode(name: string, value: unknown): XmlNode {
  if (typeof value === 'string') return new XmlNode(name, value, new Map(), new Map());
  if (typeof value !== 'object' || value === null) throw new S3Error('MalformedXML');
  const children = new Map<string, XmlNode[]>();
  const attributes = new Map<string, string>();
  let text = '';
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    if (key === TEXT) text = String(member);
    else if (Array.isArray(member)) {
      const child = key.slice(1);
      children.set(
        child,
        member.map((one) => toNode(child, one)),
      );
    } else if (typeof member === 'object' && member !== null) {
      for (const [attribute, content] of Object.entries(member)) {
        attributes.set(attribute.slice(1), String(content));
      }
    }
  }
  return new XmlNode(name, text, children, attributes);
}

const ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)/;

/** Walks the markup once. @throws S3Error MalformedXML */
function scan(text: string): void {
  let depth = 0;
  let seenRoot = false;
  let at = 0;
  for (;;) {
    const open = text.indexOf('<', at);
    const between = text.slice(at, open < 0 ? text.length : open);
    if (depth === 0 ? /[^\s\uFEFF]/.test(between) : ENTITY.test(between)) refuse();
    if (open < 0) break;
    if (text.startsWith('<!--', open)) at = after(text, '-->', open + 4);
    else if (text.startsWith('<![CDATA[', open) && depth > 0) at = after(text, ']]>', open + 9);
    else if (text.startsWith('<?', open)) at = after(text, '?>', open + 2);
    else if (text.startsWith('<!', open)) refuse();
    else {
      const close = endOfTag(text, open + 1);
      if (ENTITY.test(text.slice(open, close))) refuse();
      if (text[open + 1] === '/') depth -= 1;
      else {
        if (depth === 0 && seenRoot) refuse();
        seenRoot = true;
        if (text[close - 1] !== '/') depth += 1;
      }
      if (depth < 0 || depth > MAX_DEPTH) refuse();
      at = close + 1;
    }
  }
  if (!seenRoot || depth !== 0) refuse();
}

function after(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  if (found < 0) refuse();
  return found + end.length;
}

/** The index of the `>` that ends the tag: one inside quotes does not. */
function endOfTag(text: string, from: number): number {
  const first = text.indexOf('>', from);
  if (first >= 0 && !/["'<]/.test(text.slice(from, first))) return first;
  let quote = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3c) break;
    if (quote !== 0) {
      if (code === quote) quote = 0;
    } else if (code === 0x22 || code === 0x27) quote = code;
    else if (code === 0x3e) return at;
  }
  return refuse();
}

function refuse(): never {
  throw new S3Error('MalformedXML');
}
