/** Where accounts and keys are kept, and the first key. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { ROOT_ACCOUNT_ID } from '../lib/access/accounts-document.js';
import { AccountsFile } from '../lib/access/accounts-file.js';
import { addKey, findAccount } from '../lib/access/edit-accounts.js';
import { NEW_KEY_BYTES, newKey } from '../lib/access/new-key.js';
import { StoreError } from '../lib/errors.js';
import type { Credentials } from './credentials.js';
import { Fault } from './fault.js';
import type { OptionValues } from './options.js';
import type { Terminal } from './terminal.js';

/** Below the service's own directory. */
const FILE = 'accounts.json';

export interface AccountsPlace {
  /** undefined: in memory. */
  readonly path: string | undefined;
  /** Directories above the file's own may be made. */
  readonly parents: boolean;
}

/**
 * In the store. Without one, or where nothing may be written into it, in the user's state directory (XDG base
 * directories); a store that has accounts already keeps them when it is read-only.
 */
export function accountsPlace(
  { directory, readOnly }: Pick<OptionValues, 'directory' | 'readOnly'>,
  env: Terminal['env'],
): AccountsPlace {
  const inStore = directory === undefined ? undefined : join(directory, '.bucketree', FILE);
  if (inStore !== undefined && (!readOnly || existsSync(inStore))) return { path: inStore, parents: false };
  const state = stateDirectory(env);
  return state === undefined
    ? { path: undefined, parents: false }
    : { path: join(state, 'bucketree', FILE), parents: true };
}

/** A relative XDG_STATE_HOME is to be ignored, says its specification. */
function stateDirectory({ XDG_STATE_HOME: state, HOME: home }: Terminal['env']): string | undefined {
  if (state !== undefined && isAbsolute(state)) return state;
  return home !== undefined && isAbsolute(home) ? join(home, '.local', 'state') : undefined;
}

export function openAccounts(
  place: AccountsPlace,
  given: Credentials | undefined,
  log: (message: string) => void,
): AccountsFile {
  return new AccountsFile({ ...place, given, log });
}

/** The account of this id, name or e-mail address. @throws Fault */
export function accountId(accounts: Pick<AccountsFile, 'document'>, name: string): string {
  const found = findAccount(accounts.document(), name);
  if (found === undefined) throw new Fault(2, `there is no account ${name}`, 'bucketree key list');
  return found.id;
}

export interface FirstKey extends Credentials {
  /** undefined: nowhere, it is gone with the process. */
  readonly path: string | undefined;
}

/**
 * Makes the root account a key when it has none. Several processes starting at once make one.
 * @returns the key that was made, and accounts that have it
 */
export function withRootKey(
  accounts: AccountsFile,
  place: AccountsPlace,
  log: (message: string) => void,
): { readonly accounts: AccountsFile; readonly made: FirstKey | undefined } {
  if (accounts.rootKeys().length > 0) return { accounts, made: undefined };
  const key = { ...newKey(randomBytes(NEW_KEY_BYTES)), created: new Date().toISOString() };
  try {
    accounts.change((document) =>
      document.accounts.some(({ id, keys }) => id === ROOT_ACCOUNT_ID && keys.length > 0)
        ? document
        : addKey(rooted(document), ROOT_ACCOUNT_ID, key),
    );
  } catch (error) {
    if (!(error instanceof StoreError) || !['AccessDenied', 'ReadOnly'].includes(error.code)) throw error;
    log(`${error.message}: the access key is kept in memory, and the next start makes another one`);
    const given = { id: key.id, secret: key.secret };
    const inMemory = openAccounts({ path: undefined, parents: false }, given, log);
    return { accounts: inMemory, made: { ...given, path: undefined } };
  }
  const made = accounts.rootKeys().some(({ id }) => id === key.id);
  return { accounts, made: made ? { id: key.id, secret: key.secret, path: place.path } : undefined };
}

/** A document somebody wrote by hand may leave the root account out. */
function rooted(document: ReturnType<AccountsFile['document']>): ReturnType<AccountsFile['document']> {
  if (document.accounts.some(({ id }) => id === ROOT_ACCOUNT_ID)) return document;
  return {
    ...document,
    accounts: [{ id: ROOT_ACCOUNT_ID, displayName: 'root', keys: [] }, ...document.accounts],
  };
}
