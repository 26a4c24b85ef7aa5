import t from 'tap';
import { nearest } from '../../cli/nearest.js';

t.test('the closest known word is found, if it is close', async (t) => {
  const known = ['listen', 'region', 'read-only', 'log-format'];
  t.equal(nearest('lisen', known), 'listen');
  t.equal(nearest('read_only', known), 'read-only');
  t.equal(nearest('logformat', known), 'log-format');
  t.equal(nearest('listen', known), 'listen');
  t.equal(nearest('password', known), undefined);
  t.equal(nearest('', known), undefined);
});
