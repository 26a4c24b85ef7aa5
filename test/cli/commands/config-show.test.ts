import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bucketree } from '../captured.js';

const WORDS = [
  '--bucket',
  'pics=/p',
  '--umask',
  '022',
  '--workers',
  '3',
  '--read-only',
  '--secret-key',
  'hunter2',
];

t.test('what holds is shown as a file that says the same', async (t) => {
  const dir = t.testdir();
  const shown = await bucketree(['config', 'show', ...WORDS.slice(0, -2)], dir);
  t.equal(shown.code, 0);
  t.match(shown.stdout, /^workers = 3$/m);
  t.match(shown.stdout, /^umask = "022"$/m);
  writeFileSync(join(dir, 'b.toml'), shown.stdout);
  t.equal((await bucketree(['config', 'show', '--config', 'b.toml'], dir)).stdout, shown.stdout);
});

t.test('origins are told, secrets are not', async (t) => {
  const { stdout } = await bucketree(['config', 'show', '--origin', ...WORDS], t.testdir(), {
    BUCKETREE_REGION: 'eu-1',
  });
  t.match(stdout, /^region = "eu-1" +# BUCKETREE_REGION$/m);
  t.match(stdout, /^read-only = true +# --read-only$/m);
  t.match(stdout, /^listen = "127\.0\.0\.1:9000" +# default$/m);
  t.notMatch(stdout, 'hunter2');
});

t.test('programs get a line of JSON for each setting', async (t) => {
  const { stdout } = await bucketree(['config', 'show', '--json', '--origin', ...WORDS], t.testdir());
  const settings = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const named = (name: string): unknown => settings.find((setting) => setting['name'] === name);
  t.match(named('bucket'), { value: ['pics=/p'], origin: { kind: 'flag' } });
  t.match(named('read-only'), { value: true });
  t.match(named('owner'), { value: null, origin: { kind: 'default' } });
});
