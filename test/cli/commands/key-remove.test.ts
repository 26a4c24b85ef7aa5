import t from 'tap';
import { bucketree } from '../captured.js';

t.test('a removed key is gone, its account stays', async (t) => {
  const dir = t.testdir({ store: {} });
  const words = ['--access-key', 'ann-key', '--secret-key', 'hunter2'];
  await bucketree(['key', 'add', 'store', '--account', 'ann', ...words], dir);
  t.match(await bucketree(['key', 'remove', 'store', '--key', 'ann-key'], dir), { code: 0, stdout: '' });
  const { stdout } = await bucketree(['key', 'list', 'store'], dir);
  t.notMatch(stdout, 'ann-key');
  t.match(stdout, /- +ann /);
});

t.test('a key that is not there is said to be so, with the place that was looked at', async (t) => {
  const dir = t.testdir();
  t.match(await bucketree(['key', 'remove', '--key', 'nobody'], dir), {
    code: 1,
    stderr: /no access key nobody in .*accounts\.json\n {2}fix: bucketree key list/,
  });
  t.match(await bucketree(['key', 'remove'], dir), { code: 2, stderr: /which key\?/ });
});
