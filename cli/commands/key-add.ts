/** `bucketree key add`: one more key, for an account that exists or is made by it. The secret is shown this once. */
import { randomBytes } from 'node:crypto';
import { addAccount, addKey, findAccount } from '../../lib/access/edit-accounts.js';
import { NEW_KEY_BYTES, newAccountId, newKey } from '../../lib/access/new-key.js';
import { StoreError } from '../../lib/errors.js';
import { accountsPlace, openAccounts } from '../accounts.js';
import type { Invocation } from '../command.js';
import { givenCredentials } from '../credentials.js';
import { type ExitCode, Fault } from '../fault.js';

export async function run({ settings, terminal }: Invocation): Promise<ExitCode> {
  const { account: name, email, json } = settings.values;
  const place = accountsPlace(settings.values, terminal.env);
  if (place.path === undefined) {
    throw new Fault(1, 'there is no place to keep keys in', 'name the store, or set HOME or XDG_STATE_HOME');
  }
  const accounts = openAccounts(place, undefined, (line) => terminal.stderr.write(`${line}\n`));
  const key = {
    ...(givenCredentials(settings) ?? newKey(randomBytes(NEW_KEY_BYTES))),
    created: new Date().toISOString(),
  };
  const id = newAccountId(randomBytes(32));
  try {
    accounts.change((document) => {
      const known = findAccount(document, name);
      if (known !== undefined && email !== undefined && known.email !== email) {
        throw new Fault(1, `account ${name} has another e-mail address`, 'leave --email out');
      }
      const details = { id, displayName: name, ...(email === undefined ? {} : { email }) };
      const grown = known === undefined ? addAccount(document, details) : document;
      return addKey(grown, known?.id ?? id, key);
    });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code === 'Internal') throw error;
    throw new Fault(1, error.message, undefined, error);
  }
  const account = accounts.key(key.id)?.account;
  const facts = {
    accessKey: key.id,
    secretKey: key.secret,
    account: account?.displayName,
    accountId: account?.id,
  };
  terminal.stdout.write(
    json
      ? `${JSON.stringify({ ...facts, path: place.path })}\n`
      : `Access key: ${key.id}\nSecret key: ${key.secret}\nAccount:    ${facts.account} (${facts.accountId})\n`,
  );
  if (!json) terminal.stderr.write(`Kept in ${place.path}. The secret is not shown again.\n`);
  return 0;
}
