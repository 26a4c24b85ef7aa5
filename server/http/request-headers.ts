/**
 * A request's headers as signatures and handlers need them: lower-case names, values as text, repeated ones
 * joined by ','. Node joins some by ', ' and drops others; only where something repeats is that undone.
 */
import type { IncomingMessage } from 'node:http';
import { decodeHeaderValue } from './header-text.js';

type Source = Pick<IncomingMessage, 'headers' | 'rawHeaders'>;

export class RequestHeaders {
  readonly #values: Readonly<Record<string, string | string[] | undefined>>;
  readonly #repeated: ReadonlySet<string> | undefined;

  constructor({ headers, rawHeaders }: Source) {
    let names = 0;
    for (const _ in headers) names += 1;
    if (names * 2 === rawHeaders.length) {
      this.#values = headers;
      this.#repeated = undefined;
      return;
    }
    const values: Record<string, string> = Object.create(null) as Record<string, string>;
    const repeated = new Set<string>();
    for (let at = 0; at < rawHeaders.length; at += 2) {
      const name = rawHeaders[at]!.toLowerCase();
      const before = values[name];
      if (before !== undefined) repeated.add(name);
      values[name] = before === undefined ? rawHeaders[at + 1]! : `${before},${rawHeaders[at + 1]!}`;
    }
    this.#values = values;
    this.#repeated = repeated;
  }

  get(name: string): string | undefined {
    const value = this.#values[name];
    if (typeof value === 'string') return decodeHeaderValue(value);
    return value === undefined ? undefined : value.join(',');
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  repeats(name: string): boolean {
    return this.#repeated?.has(name) === true;
  }

  /** All names, lower case. */
  names(): string[] {
    return Object.keys(this.#values);
  }

  startingWith(prefix: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const name in this.#values) {
      if (name.startsWith(prefix)) found.set(name, this.get(name) ?? '');
    }
    return found;
  }
}
