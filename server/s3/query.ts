/**
 * The query of a request target: pairs in the order sent, decoded once. Malformed percent-encoding is refused
 * when it is parsed; a `+` is a space, as S3 reads it.
 */
import { S3Error } from './errors.js';

export interface QueryPair {
  readonly name: string;
  /** '' when the pair has no value. */
  readonly value: string;
  readonly rawName: string;
  /** undefined: there was no `=`. */
  readonly rawValue: string | undefined;
}

const PLAIN = /^[^%+]*$/;

export class Query {
  static readonly EMPTY = new Query('');

  readonly raw: string;
  readonly pairs: readonly QueryPair[];

  /** @throws S3Error InvalidURI */
  constructor(raw: string) {
    this.raw = raw;
    this.pairs = raw === '' ? [] : split(raw);
  }

  /** The first value of that name; '' when it has none. */
  get(name: string): string | undefined {
    for (const pair of this.pairs) if (pair.name === name) return pair.value;
    return undefined;
  }

  has(name: string): boolean {
    for (const pair of this.pairs) if (pair.name === name) return true;
    return false;
  }
}

function split(raw: string): QueryPair[] {
  const pairs: QueryPair[] = [];
  const plain = PLAIN.test(raw);
  let start = 0;
  while (start <= raw.length) {
    let end = raw.indexOf('&', start);
    if (end < 0) end = raw.length;
    if (end > start) {
      const equals = raw.indexOf('=', start);
      const bare = equals < 0 || equals > end;
      const rawName = raw.slice(start, bare ? end : equals);
      const rawValue = bare ? undefined : raw.slice(equals + 1, end);
      pairs.push({
        rawName,
        rawValue,
        name: plain ? rawName : decodeFormComponent(rawName),
        value: plain ? (rawValue ?? '') : decodeFormComponent(rawValue ?? ''),
      });
    }
    start = end + 1;
  }
  return pairs;
}

function decodeFormComponent(raw: string): string {
  if (PLAIN.test(raw)) return raw;
  try {
    return decodeURIComponent(raw.replaceAll('+', ' '));
  } catch {
    throw new S3Error('InvalidURI');
  }
}
