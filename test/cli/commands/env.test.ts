import t from 'tap';
import { CLIENTS } from '../../../cli/client-settings.js';
import { bucketree } from '../captured.js';

t.test('each client’s settings have the store’s key and address', async (t) => {
  const dir = t.testdir({ store: {} });
  await bucketree(['key', 'add', 'store', '--access-key', 'the-key', '--secret-key', 'the-secret'], dir);
  for (const client of CLIENTS) {
    const { code, stdout } = await bucketree(
      ['env', client, 'store', '--endpoint', 'https://nas.example.com'],
      dir,
    );
    t.equal(code, 0);
    for (const part of ['the-key', 'the-secret', 'nas.example.com']) t.match(stdout, part, client);
  }
});

t.test('without a key there is nothing to paste', async (t) => {
  t.match(await bucketree(['env', 'aws'], t.testdir()), { code: 1, stdout: '', stderr: /no key in/ });
});
