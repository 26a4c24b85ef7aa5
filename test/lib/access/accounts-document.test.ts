import t from 'tap';
import { StoreError } from '../../../lib/errors.js';
import {
  type AccountsDocument,
  checkKeyId,
  checkSecret,
  FIRST_DOCUMENT,
  parseAccounts,
  printAccounts,
  ROOT_ACCOUNT_ID,
} from '../../../lib/access/accounts-document.js';

const account = (overrides: object = {}): unknown => ({
  id: 'a1',
  displayName: 'Ann',
  keys: [{ id: 'AKIAANN', secret: 'hunter2' }],
  ...overrides,
});
const text = (...accounts: unknown[]): string => JSON.stringify({ version: 1, accounts });

t.test('what is printed parses to the same accounts', async (t) => {
  const document: AccountsDocument = {
    version: 1,
    accounts: [
      { id: 'a1', displayName: 'Ann', email: 'ann@example.com', keys: [] },
      {
        id: 'b2',
        displayName: 'Bob',
        keys: [{ id: 'AKIABOB', secret: 's', created: '2026-01-01T00:00:00Z' }],
      },
    ],
  };
  t.same(parseAccounts(printAccounts(document)), document);
  t.same(parseAccounts(printAccounts(FIRST_DOCUMENT)), FIRST_DOCUMENT);
});

t.test('the root account has the shape of a canonical user id', async (t) => {
  t.match(ROOT_ACCOUNT_ID, /^[0-9a-f]{64}$/);
});

t.test('what is wrong is said with its place, and no secret is repeated', async (t) => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['{"secret":"hunter2"', /not JSON/],
    ['[]', /the document is not an object/],
    ['{"version":2,"accounts":[]}', /version is 2/],
    ['{"version":1}', /accounts is not a list/],
    [text('x'), /accounts\[0\] is not an object/],
    [text(account({ id: 7 })), /accounts\[0\]\.id is not a string/],
    [text(account({ id: '../x' })), /accounts\[0\]\.id/],
    [text(account({ email: 5 })), /accounts\[0\]\.email is not a string/],
    [text(account({ keys: [{ id: 'a b', secret: 'hunter2' }] })), /accounts\[0\]\.keys\[0\]\.id/],
    [text(account({ keys: [{ id: 'AKIA', secret: 'hunter2 ' }] })), /accounts\[0\]\.keys\[0\]\.secret/],
    [text(account(), account({ keys: [] })), /account id a1 is there twice/],
    [text(account(), account({ id: 'b' })), /access key AKIAANN is there twice/],
  ];
  for (const [broken, message] of refused) {
    t.throws(() => parseAccounts(broken), { name: 'StoreError', code: 'InvalidArgument', message });
    try {
      parseAccounts(broken);
    } catch (error) {
      t.notMatch(String(error instanceof StoreError && error.message), /hunter2/);
    }
  }
});

t.test('keys and secrets that would break a header are refused', async (t) => {
  t.equal(checkKeyId('minio@home'), 'minio@home');
  for (const id of ['ab', 'a/b/c', 'a b c', 'a:bc', 'x'.repeat(129), 'käse']) t.throws(() => checkKeyId(id));
  t.equal(checkSecret('wJalr/K7+='), 'wJalr/K7+=');
  for (const secret of ['', 'two words', 'line\n', 'x'.repeat(257)]) t.throws(() => checkSecret(secret));
});
