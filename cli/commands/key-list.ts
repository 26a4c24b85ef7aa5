/** `bucketree key list`: who may come in. Secrets only when asked for. */
import { accountsPlace, openAccounts } from '../accounts.js';
import type { Invocation } from '../command.js';
import type { ExitCode } from '../fault.js';
import { columns } from '../columns.js';

export async function run({ settings: { values }, terminal }: Invocation): Promise<ExitCode> {
  const place = accountsPlace(values, terminal.env);
  const document = openAccounts(place, undefined, (line) => terminal.stderr.write(`${line}\n`)).document();
  const accounts = document.accounts.map(({ keys, ...account }) => ({
    ...account,
    keys: keys.map(({ secret, ...key }) => (values.showSecrets ? { ...key, secret } : key)),
  }));
  if (values.json) {
    terminal.stdout.write(`${JSON.stringify({ path: place.path, accounts })}\n`);
    return 0;
  }
  const rows = accounts.flatMap(({ displayName, email = '', id, keys }) =>
    (keys.length === 0 ? [{ id: '-' }] : keys).map((key) => [
      key.id,
      ...(values.showSecrets ? ['secret' in key ? key.secret : ''] : []),
      displayName,
      email,
      id,
    ]),
  );
  const head = [
    'ACCESS KEY',
    ...(values.showSecrets ? ['SECRET KEY'] : []),
    'ACCOUNT',
    'E-MAIL',
    'ACCOUNT ID',
  ];
  terminal.stdout.write(columns([head, ...rows]));
  return 0;
}
