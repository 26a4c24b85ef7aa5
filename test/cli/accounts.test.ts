import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ROOT_ACCOUNT_ID } from '../../lib/access/accounts-document.js';
import { accountId, accountsPlace, openAccounts, withRootKey } from '../../cli/accounts.js';

const quiet = (): void => undefined;

t.test('accounts are in the store, or in the user’s state directory without one', async (t) => {
  const dir = t.testdir();
  const env = { HOME: '/home/ann' };
  t.same(accountsPlace({ directory: dir, readOnly: false }, env), {
    path: join(dir, '.bucketree', 'accounts.json'),
    parents: false,
  });
  const state = { path: '/home/ann/.local/state/bucketree/accounts.json', parents: true };
  t.same(accountsPlace({ directory: undefined, readOnly: false }, env), state);
  t.same(
    accountsPlace({ directory: undefined, readOnly: false }, { ...env, XDG_STATE_HOME: 'relative' }),
    state,
  );
  const xdg = accountsPlace({ directory: undefined, readOnly: false }, { ...env, XDG_STATE_HOME: '/state' });
  t.equal(xdg.path, '/state/bucketree/accounts.json');
  t.equal(accountsPlace({ directory: undefined, readOnly: false }, {}).path, undefined);
});

t.test('a store that is read-only keeps the accounts it has, and gets none', async (t) => {
  const dir = t.testdir();
  const env = { HOME: '/home/ann' };
  const place = accountsPlace({ directory: dir, readOnly: true }, env);
  t.equal(place.path, '/home/ann/.local/state/bucketree/accounts.json');
  mkdirSync(join(dir, '.bucketree'));
  writeFileSync(join(dir, '.bucketree', 'accounts.json'), '{"version":1,"accounts":[]}');
  t.equal(
    accountsPlace({ directory: dir, readOnly: true }, env).path,
    join(dir, '.bucketree', 'accounts.json'),
  );
});

t.test('the first key is made once and kept; a given one needs none', async (t) => {
  const place = { path: join(t.testdir(), '.bucketree', 'accounts.json'), parents: false };
  const first = withRootKey(openAccounts(place, undefined, quiet), place, quiet);
  t.match(first.made, { id: /^AKIA/, path: place.path });
  t.equal(first.accounts.key(first.made?.id ?? '')?.account.root, true);
  const again = withRootKey(openAccounts(place, undefined, quiet), place, quiet);
  t.equal(again.made, undefined);
  t.equal(again.accounts.rootKeys()[0]?.secret, first.made?.secret);

  const other = { path: join(place.path, '..', '..', 'other', 'accounts.json'), parents: false };
  const given = openAccounts(other, { id: 'given', secret: 'pair' }, quiet);
  t.equal(withRootKey(given, other, quiet).made, undefined);
});

t.test('a document without the root account gets it with its first key', async (t) => {
  const dir = t.testdir({
    'accounts.json': '{"version":1,"accounts":[{"id":"a","displayName":"Ann","keys":[]}]}',
  });
  const place = { path: join(dir, 'accounts.json'), parents: false };
  const { made, accounts } = withRootKey(openAccounts(place, undefined, quiet), place, quiet);
  t.ok(made);
  t.equal(accounts.account('a')?.displayName, 'Ann');
  t.match(readFileSync(place.path, 'utf8'), '"Ann"');
});

t.test('without a place the key lives as long as the process', async (t) => {
  const place = { path: undefined, parents: false };
  const { made, accounts } = withRootKey(openAccounts(place, undefined, quiet), place, quiet);
  t.equal(made?.path, undefined);
  t.ok(accounts.key(made?.id ?? ''));
});

t.test('an account is found by id, name or e-mail address', async (t) => {
  const accounts = openAccounts({ path: undefined, parents: false }, undefined, quiet);
  const ann = { id: 'ann-1', displayName: 'ann', email: 'ann@example.com', keys: [] };
  accounts.change((document) => ({ ...document, accounts: [...document.accounts, ann] }));
  for (const name of ['ann-1', 'ann', 'ann@example.com']) t.equal(accountId(accounts, name), 'ann-1');
  t.equal(accountId(accounts, 'root'), ROOT_ACCOUNT_ID);
  t.throws(() => accountId(accounts, 'nobody'), { name: 'Fault', exitCode: 2, remedy: /key list/ });
});
