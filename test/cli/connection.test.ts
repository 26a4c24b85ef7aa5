import t from 'tap';
import { connectionOf } from '../../cli/connection.js';
import { resolveSettings, type Flags } from '../../cli/settings.js';
import { bucketree, captured } from './captured.js';

function connect(directory: string, flags: Flags): ReturnType<typeof connectionOf> {
  const terminal = { stdout: captured(), stderr: captured(), env: { HOME: directory }, directory };
  return connectionOf(resolveSettings(flags, terminal), terminal);
}

t.test('the connection is that of the service the same settings start', async (t) => {
  const dir = t.testdir({ store: {} });
  const { stdout } = await bucketree(['key', 'add', 'store', '--json'], dir);
  const made = JSON.parse(stdout) as { accessKey: string; secretKey: string };
  const flags: Flags = new Map([
    ['directory', ['store']],
    ['listen', [':9001']],
    ['region', ['eu-1']],
    ['bucket', ['pictures=p']],
  ]);
  t.same(connect(dir, flags), {
    url: 'http://127.0.0.1:9001',
    region: 'eu-1',
    accessKey: made.accessKey,
    secretKey: made.secretKey,
    bucket: 'pictures',
  });
  const named = connect(dir, new Map([...flags, ['endpoint', ['https://nas.example.com/']]]));
  t.equal(named.url, 'https://nas.example.com');
});

t.test('a given key is used as it is; --key chooses another one', async (t) => {
  const dir = t.testdir();
  const { stdout } = await bucketree(['key', 'add', '--account', 'ann', '--json'], dir);
  const ann = JSON.parse(stdout) as { accessKey: string; secretKey: string };
  const given: Flags = new Map([
    ['accessKey', ['given']],
    ['secretKey', ['pair']],
  ]);
  t.match(connect(dir, given), { accessKey: 'given', secretKey: 'pair' });
  const chosen = connect(dir, new Map([...given, ['key', [ann.accessKey]]]));
  t.match(chosen, { accessKey: ann.accessKey, secretKey: ann.secretKey });
});

t.test('what is missing is said with its remedy', async (t) => {
  const dir = t.testdir();
  t.throws(() => connect(dir, new Map()), { name: 'Fault', message: /no key in .*accounts\.json/ });
  t.throws(() => connect(dir, new Map([['key', ['AKIANOBODY']]])), { message: /no access key AKIANOBODY/ });
  t.throws(() => connect(dir, new Map([['listen', [':0']]])), { message: /port 0/, remedy: /--endpoint/ });
});
