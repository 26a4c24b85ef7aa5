/** `bucketree key remove`: the key's next request is refused. */
import { removeKey } from '../../lib/access/edit-accounts.js';
import { StoreError } from '../../lib/errors.js';
import { accountsPlace, openAccounts } from '../accounts.js';
import type { Invocation } from '../command.js';
import { type ExitCode, Fault } from '../fault.js';

export async function run({ settings: { values }, terminal }: Invocation): Promise<ExitCode> {
  const { key } = values;
  if (key === undefined)
    throw new Fault(2, 'which key?', 'bucketree key remove --key ID; bucketree key list names them');
  const place = accountsPlace(values, terminal.env);
  const accounts = openAccounts(place, undefined, (line) => terminal.stderr.write(`${line}\n`));
  try {
    accounts.change((document) => removeKey(document, key));
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'NoSuchKey') throw error;
    throw new Fault(
      1,
      `${error.message} in ${place.path ?? 'memory'}`,
      'bucketree key list names them',
      error,
    );
  }
  terminal.stderr.write(`Removed ${key}.\n`);
  return 0;
}
