import t from 'tap';
import { FIRST_DOCUMENT, ROOT_ACCOUNT_ID } from '../../../lib/access/accounts-document.js';
import { addAccount, addKey, findAccount, removeKey } from '../../../lib/access/edit-accounts.js';

const ann = { id: 'a1', displayName: 'Ann', email: 'ann@example.com' };
const key = { id: 'AKIAANN', secret: 'secret' };

t.test('an account is found by id, name or e-mail address', async (t) => {
  const document = addAccount(FIRST_DOCUMENT, ann);
  for (const name of ['a1', 'Ann', 'ann@example.com']) t.equal(findAccount(document, name)?.id, 'a1');
  t.equal(findAccount(document, 'root')?.id, ROOT_ACCOUNT_ID);
  t.equal(findAccount(document, 'nobody'), undefined);
});

t.test('a key is added and removed, and its account stays', async (t) => {
  const document = addKey(addAccount(FIRST_DOCUMENT, ann), 'a1', key);
  t.same(findAccount(document, 'Ann')?.keys, [key]);
  const after = removeKey(document, key.id);
  t.same(findAccount(after, 'Ann')?.keys, []);
  t.same(FIRST_DOCUMENT.accounts.length, 1, 'the document given is not changed');
});

t.test('what cannot be done is refused by name', async (t) => {
  const document = addKey(addAccount(FIRST_DOCUMENT, ann), 'a1', key);
  t.throws(() => addAccount(document, { id: 'zz', displayName: 'Ann' }), { code: 'Conflict' });
  t.throws(() => addKey(document, ROOT_ACCOUNT_ID, key), { code: 'Conflict' });
  t.throws(() => addKey(document, 'nobody', { id: 'AKIANEW', secret: 's' }), { code: 'NoSuchKey' });
  t.throws(() => addKey(document, 'a1', { id: 'no', secret: 's' }), { code: 'InvalidArgument' });
  t.throws(() => removeKey(document, 'AKIANEW'), { code: 'NoSuchKey' });
});
