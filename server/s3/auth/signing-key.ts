/**
 * The keys of signature version 4: HMAC upon HMAC over day, region and service, the same all day long and so
 * kept in a small cache. docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from 'node:crypto';

const MAX_KEYS = 256;

export interface Scope {
  /** `20260131`. */
  readonly date: string;
  readonly region: string;
}

export const scopeText = (scope: Scope): string => `${scope.date}/${scope.region}/s3/aws4_request`;

export class SigningKeys {
  readonly #keys = new Map<string, KeyObject>();

  /** By the secret itself, so that a replaced one can never sign. */
  get(secret: string, scope: Scope): KeyObject {
    const name = `${scope.date}/${scope.region}/${secret}`;
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const oldest = this.#keys.keys().next();
    if (this.#keys.size >= MAX_KEYS && oldest.done !== true) this.#keys.delete(oldest.value);
    const made = derive(secret, scope);
    this.#keys.set(name, made);
    return made;
  }
}

function derive(secret: string, scope: Scope): KeyObject {
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of [scope.date, scope.region, 's3', 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return createSecretKey(key);
}

/** Hex HMAC-SHA256. */
export function signText(key: KeyObject, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data);

export const EMPTY_SHA256 = sha256Hex('');

/** Whether two signatures are the same, in time that tells nothing about where they differ. */
export function sameSignature(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}
