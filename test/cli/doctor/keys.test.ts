import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openAccounts, withRootKey } from '../../../cli/accounts.js';
import { examineKeys } from '../../../cli/doctor/keys.js';

t.test('keys others can read are a problem, and so is a file nobody can', async (t) => {
  const place = { path: join(t.testdir(), '.bucketree', 'accounts.json'), parents: false };
  t.match(examineKeys(place), { level: 'ok', message: /none yet/ });
  const quiet = (): void => undefined;
  withRootKey(openAccounts(place, undefined, quiet), place, quiet);
  t.match(examineKeys(place), { level: 'ok', message: '1 keys of 1 accounts', where: place.path });
  chmodSync(place.path, 0o644);
  t.match(examineKeys(place), { level: 'problem', message: /mode 644/, remedy: `chmod go= ${place.path}` });
  chmodSync(place.path, 0o600);
  chmodSync(join(place.path, '..'), 0o777);
  t.match(examineKeys(place), { level: 'problem', remedy: /chmod go= .*\.bucketree$/ });
  chmodSync(join(place.path, '..'), 0o700);
  writeFileSync(place.path, '{');
  t.match(examineKeys(place), { level: 'problem', message: /not JSON/ });
});

t.test('no place for keys is worth a note', async (t) => {
  t.match(examineKeys({ path: undefined, parents: false }), { level: 'note', remedy: /HOME/ });
});
