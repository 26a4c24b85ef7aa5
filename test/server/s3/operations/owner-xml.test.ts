import t from 'tap';
import { personElement } from '../../../../server/s3/operations/owner-xml.js';
import { ACCOUNTS } from '../door.js';

t.test('an account is printed by id and name, an unknown one by id', async (t) => {
  const request = { accounts: ACCOUNTS };
  t.equal(
    personElement(request, 'Owner', 'root-id'),
    '<Owner><ID>root-id</ID><DisplayName>root</DisplayName></Owner>',
  );
  t.equal(personElement(request, 'Initiator', 'gone'), '<Initiator><ID>gone</ID></Initiator>');
});
