/**
 * The keys of signature version 4: HMAC upon HMAC over day, region and service, the same all day long and so
 * kept in a small cache. docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, hash, timingSafeEqual } from 'node:crypto';

const MAX_KEYS = 256;

export interface Scope {
  /** `20260131`. */
  readonly date: string;
  readonly region: string;
}

export const scopeText = (scope: Scope): string => `${scope.date}/${scope.region}/s3/aws4_request`;

export class SigningKeys {
  readonly #keys = new Map<string, SigningKey>();

  /** By the secret itself, so that a replaced one can never sign. */
  get(secret: string, scope: Scope): SigningKey {
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

function derive(secret: string, scope: Scope): SigningKey {
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of [scope.date, scope.region, 's3', 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest();
  }
  return new SigningKey(key);
}

const BLOCK = 64;
const ROOM = 1024;

/**
 * HMAC-SHA256 (RFC 2104) out of two one-shot hashes: node's Hmac objects cost twice the time of the hashing,
 * and the collector's on top.
 */
export class SigningKey {
  readonly #key: Buffer;
  readonly #inner = Buffer.alloc(BLOCK + ROOM, 0x36);
  readonly #outer = Buffer.alloc(BLOCK + 32, 0x5c);

  /** @param key 32 bytes */
  constructor(key: Buffer) {
    this.#key = key;
    for (const [at, byte] of key.entries()) {
      this.#inner[at] = byte ^ 0x36;
      this.#outer[at] = byte ^ 0x5c;
    }
  }

  /** Hex. */
  sign(text: string): string {
    if (text.length * 3 > ROOM) return createHmac('sha256', this.#key).update(text).digest('hex');
    const end = BLOCK + this.#inner.write(text, BLOCK);
    this.#outer.write(hash('sha256', this.#inner.subarray(0, end), 'binary'), BLOCK, 'latin1');
    return hash('sha256', this.#outer);
  }
}

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data);

export const EMPTY_SHA256 = sha256Hex('');

const LONGEST = 128;
const expectedBytes = Buffer.alloc(LONGEST * 3);
const givenBytes = Buffer.alloc(LONGEST * 3);

/** Whether two signatures are the same, in time that tells nothing about where they differ. */
export function sameSignature(expected: string, given: string): boolean {
  if (expected.length !== given.length || given.length > LONGEST) return false;
  expectedBytes.fill(0).write(expected);
  givenBytes.fill(0).write(given);
  return timingSafeEqual(expectedBytes, givenBytes);
}
