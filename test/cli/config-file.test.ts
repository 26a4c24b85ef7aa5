import { join } from 'node:path';
import t from 'tap';
import { parseConfig, readConfigFile } from '../../cli/config-file.js';

t.test('a line is an option, with the place it stands', async (t) => {
  const source = [
    '# a comment about listen = 1',
    'listen = ":9000"',
    'read-only = true',
    'workers = 4',
    'public-read = ["site", "photos"]',
    '',
    '[bucket]',
    'pictures = "/srv/Pictures"',
    '"my.music" = "~/Music"',
  ].join('\n');
  t.same(Object.fromEntries(parseConfig(source, '/etc/b.toml')), {
    listen: { texts: [':9000'], where: '/etc/b.toml:2' },
    readOnly: { texts: ['true'], where: '/etc/b.toml:3' },
    workers: { texts: ['4'], where: '/etc/b.toml:4' },
    publicRead: { texts: ['site', 'photos'], where: '/etc/b.toml:5' },
    bucket: { texts: ['pictures=/srv/Pictures', 'my.music=~/Music'], where: '/etc/b.toml:7' },
  });
});

t.test('what is wrong is said with place and remedy', async (t) => {
  const wrong: readonly (readonly [string, string | RegExp, string | RegExp])[] = [
    ['a = 1\nread_only = true', /f:1: there is no setting "a"/, /known are/],
    ['read_only = true', /f:1: there is no setting "read_only"/, 'write read-only'],
    ['\nlisen = ":1"', /f:2: there is no setting "lisen"/, 'write listen'],
    ['config = "/x"', /no setting "config"/, /./],
    ['show-secrets = true', /no setting "show-secrets"/, /./],
    ['umask = 22', /umask is a string/, 'put it in quotes: umask = "22"'],
    ['listen = [":1"]', /listen is a string/, 'listen = "ADDR"'],
    ['public-read = { a = "b" }', /public-read is a list of strings/, 'public-read = ["BUCKET"]'],
    ['read-only = { x = 1 }', /read-only is true or false/, 'read-only = true'],
    ['listen = ', /^f:1:/, /toml/],
    ['listen = ":1"\nlisten = ":2"', /^f:2:/, /toml/],
  ];
  for (const [source, message, remedy] of wrong) {
    t.throws(() => parseConfig(source, 'f'), { name: 'Fault', exitCode: 78, message, remedy }, source);
  }
});

t.test('a file that cannot be read is named', async (t) => {
  const dir = t.testdir({ 'b.toml': 'region = "eu-1"' });
  t.same([...readConfigFile(join(dir, 'b.toml')).keys()], ['region']);
  for (const path of [join(dir, 'absent.toml'), dir]) {
    t.throws(() => readConfigFile(path), { exitCode: 78, message: new RegExp(`${path}: E(NOENT|ISDIR)`) });
  }
});
