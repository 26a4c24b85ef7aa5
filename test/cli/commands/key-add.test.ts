import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bucketree } from '../captured.js';

interface Made {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly account: string;
  readonly accountId: string;
  readonly path: string;
}

async function add(directory: string, ...words: readonly string[]): Promise<Made> {
  const { code, stdout, stderr } = await bucketree(['key', 'add', ...words, '--json'], directory);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Made;
}

t.test('a key is for an account, which is made when it is new', async (t) => {
  const dir = t.testdir({ store: {} });
  const first = await add(dir, 'store', '--account', 'ann', '--email', 'ann@example.com');
  const second = await add(dir, 'store', '--account', 'ann@example.com');
  t.equal(second.accountId, first.accountId);
  t.not(second.accessKey, first.accessKey);
  t.equal(first.path, join(dir, 'store', '.bucketree', 'accounts.json'));
  t.equal(statSync(first.path).mode & 0o777, 0o600);
  t.equal((await add(dir, 'store')).account, 'root');
});

t.test('people are shown the secret once; a key of their own is taken as it is', async (t) => {
  const dir = t.testdir();
  const { stdout, stderr, code } = await bucketree(
    ['key', 'add', '--access-key', 'my-key', '--secret-key', 'my-secret'],
    dir,
  );
  t.equal(code, 0);
  t.match(stdout, /Access key: my-key\nSecret key: my-secret\n/);
  t.match(stderr, /Kept in .*\.local\/state\/bucketree\/accounts\.json/);
  t.match(readFileSync(join(dir, '.local/state/bucketree/accounts.json'), 'utf8'), 'my-secret');
});

t.test('what cannot be is refused in a sentence', async (t) => {
  const dir = t.testdir();
  await add(
    dir,
    '--account',
    'ann',
    '--email',
    'ann@example.com',
    '--access-key',
    'taken',
    '--secret-key',
    'x',
  );
  const again = await bucketree(['key', 'add', '--access-key', 'taken', '--secret-key', 'y'], dir);
  t.match(again, { code: 1, stderr: 'bucketree: there is an access key taken already\n' });
  const other = await bucketree(['key', 'add', '--account', 'ann', '--email', 'x@example.com'], dir);
  t.match(other, { code: 1, stderr: /another e-mail address/ });
  t.match(await bucketree(['key', 'add'], dir, {}), { code: 1, stderr: /set HOME or XDG_STATE_HOME/ });
});
