/**
 * Accounts and keys as they are kept: one JSON document that a person may read and edit. Everything that
 * can be wrong in it is said with its place (`accounts[1].keys[0].id`), before any of it is believed.
 */
import { hash } from 'node:crypto';
import { StoreError } from '../errors.js';

export interface KeptKey {
  readonly id: string;
  readonly secret: string;
  /** ISO 8601. */
  readonly created?: string;
}

export interface KeptAccount {
  readonly id: string;
  readonly displayName: string;
  readonly email?: string;
  readonly keys: readonly KeptKey[];
}

export interface AccountsDocument {
  readonly version: 1;
  readonly accounts: readonly KeptAccount[];
}

/** The same in every store: a directory that moves to another machine still belongs to its root account. */
export const ROOT_ACCOUNT_ID: string = hash('sha256', 'bucketree root account');

/** What there is before anybody was given a key. */
export const FIRST_DOCUMENT: AccountsDocument = {
  version: 1,
  accounts: [{ id: ROOT_ACCOUNT_ID, displayName: 'root', keys: [] }],
};

/** Letters that mean nothing in an Authorization header, a URL or a shell. */
const KEY_ID = /^[\w.+@-]{3,128}$/;
const ACCOUNT_ID = /^[0-9a-zA-Z_.@-]{1,128}$/;

/** @throws StoreError InvalidArgument */
export function checkKeyId(id: string): string {
  if (KEY_ID.test(id)) return id;
  throw bad('an access key has 3 to 128 letters, digits or any of _ . + @ -');
}

/** @throws StoreError InvalidArgument */
export function checkSecret(secret: string): string {
  if (secret.length > 0 && secret.length <= 256 && /^[\x21-\x7e]+$/.test(secret)) return secret;
  throw bad('a secret key has 1 to 256 printable ASCII characters, no blanks');
}

function bad(message: string): StoreError {
  return new StoreError('InvalidArgument', message);
}

/** @throws StoreError InvalidArgument, with the place in the document */
export function parseAccounts(text: string): AccountsDocument {
  const value = fields(parseJson(text), 'the document');
  if (value['version'] !== 1)
    throw bad(`version is ${JSON.stringify(value['version'])}, and this program reads 1`);
  const accounts = list(value['accounts'], 'accounts').map((account, index) =>
    parseAccount(account, `accounts[${index}]`),
  );
  unique(
    accounts.map(({ id }) => id),
    'account id',
  );
  unique(
    accounts.flatMap(({ keys }) => keys.map(({ id }) => id)),
    'access key',
  );
  return { version: 1, accounts };
}

export function printAccounts(document: AccountsDocument): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad('not JSON'); // The parser's own message would quote the file, secrets and all.
  }
}

function parseAccount(value: unknown, place: string): KeptAccount {
  const account = fields(value, place);
  const id = string(account['id'], `${place}.id`);
  if (!ACCOUNT_ID.test(id)) throw bad(`${place}.id: 1 to 128 letters, digits or any of _ . @ -`);
  const keys = list(account['keys'], `${place}.keys`).map((key, index) =>
    parseKey(key, `${place}.keys[${index}]`),
  );
  const displayName = string(account['displayName'], `${place}.displayName`);
  const email = optional(account['email'], `${place}.email`);
  return { id, displayName, ...(email === undefined ? {} : { email }), keys };
}

function parseKey(value: unknown, place: string): KeptKey {
  const key = fields(value, place);
  const id = located(`${place}.id`, () => checkKeyId(string(key['id'], 'id')));
  const secret = located(`${place}.secret`, () => checkSecret(string(key['secret'], 'secret')));
  const created = optional(key['created'], `${place}.created`);
  return { id, secret, ...(created === undefined ? {} : { created }) };
}

function located<T>(place: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    throw bad(`${place}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fields(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw bad(`${place} is not an object`);
}

function list(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw bad(`${place} is not a list`);
}

function string(value: unknown, place: string): string {
  if (typeof value === 'string') return value;
  throw bad(`${place} is not a string`);
}

function optional(value: unknown, place: string): string | undefined {
  return value === undefined ? undefined : string(value, place);
}

function unique(names: readonly string[], what: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw bad(`${what} ${twice} is there twice`);
}
