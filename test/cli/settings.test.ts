import { join } from 'node:path';
import t from 'tap';
import { flagsOf, type Flags, resolveSettings } from '../../cli/settings.js';

t.test('a flag wins over the environment, that over the file, that over the default', async (t) => {
  const dir = t.testdir({ conf: { 'b.toml': 'region = "file"\nworkers = 3\nlisten = ":3"\n' } });
  const path = join(dir, 'conf', 'b.toml');
  const flags: Flags = new Map([
    ['config', [path]],
    ['region', ['flag']],
    ['directory', ['store']],
  ]);
  const env = { BUCKETREE_REGION: 'env', BUCKETREE_WORKERS: '2', BUCKETREE_DOMAIN: '' };
  const { values, of } = resolveSettings(flags, { env, directory: dir });
  t.equal(values.region, 'flag');
  t.equal(values.workers, 2);
  t.same(values.listen, { host: undefined, port: 3 });
  t.equal(values.durability, 'full');
  t.equal(values.directory, join(dir, 'store'));
  const origin = (name: Parameters<typeof of.get>[0]): unknown => of.get(name)?.origin;
  t.same(origin('region'), { kind: 'flag', where: '--region' });
  t.same(origin('workers'), { kind: 'environment', where: 'BUCKETREE_WORKERS' });
  t.same(origin('listen'), { kind: 'file', where: `${path}:3` });
  t.same(origin('durability'), { kind: 'default', where: 'default' });
  t.same(origin('directory'), { kind: 'argument', where: 'DIR' });
});

t.test('paths start where they were written', async (t) => {
  const dir = t.testdir({ conf: { 'b.toml': 'directory = "store"\n[bucket]\npics = "../pics"\n' } });
  const env = { BUCKETREE_CONFIG: 'conf/b.toml', BUCKETREE_SECRET_KEY_FILE: 'secret' };
  const { values } = resolveSettings(new Map(), { env, directory: dir });
  t.equal(values.directory, join(dir, 'conf', 'store'));
  t.same(values.bucket, [{ name: 'pics', directory: join(dir, 'pics') }]);
  t.equal(values.secretKeyFile, join(dir, 'secret'));
});

t.test('several values of a variable are separated by commas', async (t) => {
  const env = { BUCKETREE_BUCKET: 'a-1=/x, b-2=/y', BUCKETREE_PUBLIC_READ: 'a-1' };
  const { values } = resolveSettings(new Map(), { env, directory: '/' });
  t.same(
    values.bucket.map(({ name }) => name),
    ['a-1', 'b-2'],
  );
  t.same(values.publicRead, ['a-1']);
});

t.test('what is not accepted is said with its origin, and secrets are not repeated', async (t) => {
  const dir = t.testdir({ 'b.toml': 'workers = 0' });
  const resolve = (flags: Flags, env: Readonly<Record<string, string>> = {}): unknown =>
    resolveSettings(flags, { env, directory: dir });
  t.throws(() => resolve(new Map([['workers', ['x']]])), { message: '--workers "x" is not accepted' });
  t.throws(() => resolve(new Map(), { BUCKETREE_WORKERS: 'x' }), {
    message: 'BUCKETREE_WORKERS "x" is not accepted',
  });
  t.throws(() => resolve(new Map([['config', ['b.toml']]])), { message: /b\.toml:1 "0" is not accepted/ });
  t.throws(() => resolve(new Map(), { BUCKETREE_SECRET_KEY: 'a b' }), {
    message: 'BUCKETREE_SECRET_KEY is not accepted',
  });
});

t.test('options of one command are no settings', async (t) => {
  const { values, warnings } = resolveSettings(new Map(), {
    env: { BUCKETREE_JSON: 'true' },
    directory: '/',
  });
  t.equal(values.json, false);
  t.equal(warnings.length, 1);
});

t.test('what commander gives becomes texts', async (t) => {
  const flags = flagsOf({ readOnly: true, bucket: ['a=b'], workers: '3', help: true });
  t.same(Object.fromEntries(flags), { readOnly: ['true'], bucket: ['a=b'], workers: ['3'] });
});
