import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import { CLIENTS, clientSettings, isClient, quote } from '../../cli/client-settings.js';

const connection = {
  url: 'http://127.0.0.1:9000',
  region: 'us-east-1',
  accessKey: 'AKIAEXAMPLE',
  secretKey: "it's 100% $HOME",
  bucket: 'pictures',
};

t.test('every client is told where, and with which key', async (t) => {
  for (const client of CLIENTS) {
    const text = clientSettings(client, connection);
    t.match(text, '127.0.0.1:9000', client);
    t.match(text, 'AKIAEXAMPLE', client);
    t.ok(text.endsWith('\n'), client);
  }
  t.equal(isClient('rclone'), true);
  t.equal(isClient('toString'), false);
});

t.test('a shell that reads the settings has exactly these values', async (t) => {
  const script = `${clientSettings('aws', connection)}\nprintf '%s\\n' "$AWS_ENDPOINT_URL" "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"`;
  const lines = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).trimEnd().split('\n');
  t.same(lines, [connection.url, connection.accessKey, connection.secretKey]);
});

t.test('python reads its settings as written', async (t) => {
  const assignments = clientSettings('boto3', connection)
    .split('\n')
    .filter((line) => /^ {4}(endpoint_url|region_name|aws_)/.test(line))
    .join('\n');
  const script = `import json\nprint(json.dumps(dict(${assignments})))`;
  const read: unknown = JSON.parse(execFileSync('python3', ['-c', script], { encoding: 'utf8' }));
  t.match(read, { endpoint_url: connection.url, aws_secret_access_key: connection.secretKey });
});

t.test('s3cmd’s percent signs are doubled, and https is said', async (t) => {
  const text = clientSettings('s3cmd', { ...connection, url: 'https://nas.example.com' });
  t.match(text, "secret_key = it's 100%% $HOME");
  t.match(text, 'host_base = nas.example.com\n');
  t.match(text, 'use_https = True');
});

t.test('a quoted word is one word, whatever is in it', async (t) => {
  const words = fc.sample(
    fc.string({ minLength: 1 }).filter((word) => !/[\0\n]/.test(word)),
    40,
  );
  const script = words.map((word) => `printf '%s\\n' ${quote(word)}`).join('\n');
  t.same(execFileSync('sh', ['-c', script], { encoding: 'utf8' }), words.map((word) => `${word}\n`).join(''));
});
