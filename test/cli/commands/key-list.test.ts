import t from 'tap';
import { bucketree } from '../captured.js';

t.test('keys are listed by account, secrets only when asked for', async (t) => {
  const dir = t.testdir({ store: {} });
  const words = ['--access-key', 'ann-key', '--secret-key', 'hunter2'];
  await bucketree(['key', 'add', 'store', '--account', 'ann', ...words], dir);
  const plain = await bucketree(['key', 'list', 'store'], dir);
  t.match(plain, { code: 0, stdout: /^ACCESS KEY {2}ACCOUNT .*\n- +root .*\nann-key +ann +/ });
  t.notMatch(plain.stdout, 'hunter2');
  t.match((await bucketree(['key', 'list', 'store', '--show-secrets'], dir)).stdout, /ann-key +hunter2 +ann/);
  const json = await bucketree(['key', 'list', 'store', '--json'], dir);
  t.notMatch(json.stdout, 'hunter2');
  t.match(JSON.parse(json.stdout), { accounts: [{ displayName: 'root' }, { keys: [{ id: 'ann-key' }] }] });
});
