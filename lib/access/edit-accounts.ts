/** Changes of the accounts document, as functions from one document to the next. */
import { StoreError } from '../errors.js';
import type { AccountsDocument, KeptAccount, KeptKey } from './accounts-document.js';
import { checkKeyId, checkSecret } from './accounts-document.js';

/** The account with this id, display name or e-mail address; ids first. */
export function findAccount(document: AccountsDocument, name: string): KeptAccount | undefined {
  const { accounts } = document;
  return (
    accounts.find(({ id }) => id === name) ??
    accounts.find(({ displayName }) => displayName === name) ??
    accounts.find(({ email }) => email === name)
  );
}

/** @throws StoreError Conflict: the id or the name is taken */
export function addAccount(document: AccountsDocument, account: Omit<KeptAccount, 'keys'>): AccountsDocument {
  if (findAccount(document, account.id) ?? findAccount(document, account.displayName)) {
    throw new StoreError('Conflict', `there is an account ${account.displayName} already`);
  }
  return { ...document, accounts: [...document.accounts, { ...account, keys: [] }] };
}

/** @throws StoreError Conflict (the key exists), NoSuchKey (no such account), InvalidArgument */
export function addKey(document: AccountsDocument, accountId: string, key: KeptKey): AccountsDocument {
  checkKeyId(key.id);
  checkSecret(key.secret);
  if (document.accounts.some(({ keys }) => keys.some(({ id }) => id === key.id))) {
    throw new StoreError('Conflict', `there is an access key ${key.id} already`);
  }
  if (!document.accounts.some(({ id }) => id === accountId)) {
    throw new StoreError('NoSuchKey', `there is no account ${accountId}`);
  }
  return mapAccounts(document, (account) =>
    account.id === accountId ? { ...account, keys: [...account.keys, key] } : account,
  );
}

/** The account stays: what it owns keeps its owner. @throws StoreError NoSuchKey */
export function removeKey(document: AccountsDocument, keyId: string): AccountsDocument {
  if (!document.accounts.some(({ keys }) => keys.some(({ id }) => id === keyId))) {
    throw new StoreError('NoSuchKey', `there is no access key ${keyId}`);
  }
  return mapAccounts(document, (account) => ({
    ...account,
    keys: account.keys.filter(({ id }) => id !== keyId),
  }));
}

function mapAccounts(
  document: AccountsDocument,
  change: (account: KeptAccount) => KeptAccount,
): AccountsDocument {
  return { ...document, accounts: document.accounts.map(change) };
}
