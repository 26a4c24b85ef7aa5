/** How a client reaches the service these settings start: for `env` and `presign`, which run beside it. */
import { accountsPlace, openAccounts } from './accounts.js';
import { urlOf } from './address.js';
import type { Connection } from './client-settings.js';
import { givenCredentials } from './credentials.js';
import { Fault } from './fault.js';
import type { Settings } from './settings.js';
import type { Terminal } from './terminal.js';

/** @throws Fault: no key, no port */
export function connectionOf(settings: Settings, terminal: Terminal): Connection {
  const { values } = settings;
  if (values.endpoint === undefined && values.listen.port === 0) {
    throw new Fault(2, 'port 0 is any port', 'say which with --endpoint http://HOST:PORT');
  }
  const { id, secret } = keyOf(settings, terminal);
  return {
    url: values.endpoint ?? urlOf(values.listen),
    region: values.region,
    accessKey: id,
    secretKey: secret,
    bucket: values.bucket[0]?.name ?? 'BUCKET',
  };
}

function keyOf(settings: Settings, terminal: Terminal): { readonly id: string; readonly secret: string } {
  const { values } = settings;
  const given = givenCredentials(settings);
  if (given !== undefined && (values.key === undefined || values.key === given.id)) return given;
  const place = accountsPlace(values, terminal.env);
  const accounts = openAccounts(place, given, (line) => terminal.stderr.write(`${line}\n`));
  const key = values.key === undefined ? accounts.rootKeys()[0] : accounts.key(values.key);
  if (key !== undefined) return key;
  const where = place.path ?? 'memory';
  throw values.key === undefined
    ? new Fault(
        1,
        `there is no key in ${where} yet`,
        'name the same DIR as for serve, or start it once: it makes a key',
      )
    : new Fault(1, `there is no access key ${values.key} in ${where}`, 'bucketree key list names them');
}
