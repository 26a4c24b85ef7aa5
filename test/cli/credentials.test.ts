import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { givenCredentials } from '../../cli/credentials.js';
import { resolveSettings, type Flags } from '../../cli/settings.js';

function given(
  directory: string,
  flags: Flags,
  env: Readonly<Record<string, string>> = {},
): ReturnType<typeof givenCredentials> {
  return givenCredentials(resolveSettings(flags, { env, directory }));
}

t.test('a key is given by flags, by variables, or by files that hold it', async (t) => {
  const dir = t.testdir({ id: 'AKIAFILE\n', secret: '  from-a-file\n' });
  t.equal(given(dir, new Map()), undefined);
  const flags: Flags = new Map([
    ['accessKey', ['AKIAFLAG']],
    ['secretKey', ['flag']],
  ]);
  t.same(given(dir, flags), { id: 'AKIAFLAG', secret: 'flag' });
  t.same(given(dir, new Map(), { BUCKETREE_ACCESS_KEY: 'AKIAENV', BUCKETREE_SECRET_KEY: 'env' }), {
    id: 'AKIAENV',
    secret: 'env',
  });
  const files = { BUCKETREE_ACCESS_KEY_FILE: 'id', BUCKETREE_SECRET_KEY_FILE: join(dir, 'secret') };
  t.same(given(dir, new Map(), files), { id: 'AKIAFILE', secret: 'from-a-file' });
});

t.test('what was said closer to the command wins, be it the value or the file', async (t) => {
  const dir = t.testdir({ secret: 'from-a-file' });
  const env = { BUCKETREE_ACCESS_KEY: 'AKIA', BUCKETREE_SECRET_KEY_FILE: 'secret' };
  t.equal(given(dir, new Map([['secretKey', ['flag']]]), env)?.secret, 'flag');
  const both = { ...env, BUCKETREE_SECRET_KEY: 'env' };
  t.throws(() => given(dir, new Map(), both), { exitCode: 2, message: /both given/ });
  t.equal(given(dir, new Map([['secretKeyFile', ['secret']]]), both)?.secret, 'from-a-file');
});

t.test('half a key is refused, and so is a file without one; no secret is repeated', async (t) => {
  const dir = t.testdir({ empty: '', words: 'two words', closed: 'x' });
  t.throws(() => given(dir, new Map([['accessKey', ['AKIA']]])), { message: /--secret-key is missing/ });
  t.throws(() => given(dir, new Map([['secretKey', ['s3cr3t']]])), { message: /^--access-key is missing$/ });
  for (const file of ['empty', 'words', 'absent']) {
    const flags: Flags = new Map([
      ['accessKey', ['AKIA']],
      ['secretKeyFile', [file]],
    ]);
    t.throws(() => given(dir, flags), { exitCode: 78, message: new RegExp(file) }, file);
  }
  chmodSync(join(dir, 'closed'), 0o600);
  try {
    given(
      dir,
      new Map([
        ['accessKey', ['AKIA']],
        ['secretKey', ['two words']],
      ]),
    );
    t.fail('a secret has no blanks');
  } catch (error) {
    t.notMatch(String(error), /two words/);
  }
});
