import t from 'tap';
import { COMMANDS } from '../../cli/commands.js';
import { helperCall } from '../../cli/mount-helper.js';
import { parseCommandLine } from '../../cli/program.js';
import { resolveSettings } from '../../cli/settings.js';
import { captured } from './captured.js';

t.test('what mount(8) says becomes the command’s words', async (t) => {
  t.same(helperCall(['/srv', '/mnt', '-o', 'rw']), {
    words: ['mount', '-o', 'rw', '--', '/srv', '/mnt'],
    fake: false,
    log: undefined,
  });
  t.same(helperCall(['-n', '/srv', '/mnt', '-t', 'bucketree', '-N', '/proc/1/ns/mnt']).words, [
    'mount',
    '--',
    '/srv',
    '/mnt',
  ]);
  const options =
    'ro,noexec,bucket=photos,as=ann,uid=1000,config=/etc/b.toml,follow-symlinks,log=/var/log/b=1,nofail';
  const { words, log } = helperCall(['/srv', '/mnt', '-o', options]);
  t.same(words, [
    'mount',
    '--bucket=photos',
    '--as=ann',
    '--config=/etc/b.toml',
    '--follow-symlinks',
    '--log=/var/log/b=1',
    '-o',
    'ro,noexec,uid=1000,nofail',
    '--',
    '/srv',
    '/mnt',
  ]);
  t.equal(log, '/var/log/b=1');
});

t.test('those words are understood, whatever the names look like', async (t) => {
  const { words } = helperCall(['./-odd', '/mnt', '-o', 'bucket=photos,ro']);
  t.ok(COMMANDS.some(({ name }) => name === words[0]));
  const terminal = { stdout: captured(), stderr: captured(), env: {}, directory: '/' };
  const parsed = parseCommandLine(words, terminal);
  t.match(parsed, { arguments: ['./-odd', '/mnt'] });
  t.match(resolveSettings(parsed?.flags ?? new Map(), terminal).values, {
    bucket: [{ name: 'photos' }],
    mountOptions: [{ readOnly: true }],
  });
});

t.test('mount(8)’s own switches are kept to', async (t) => {
  t.equal(helperCall(['/srv', '/mnt', '-f']).fake, true);
  t.equal(helperCall(['/srv', '/mnt', '-vn']).fake, false);
  t.same(helperCall(['/srv', '/mnt', '-r']).words.slice(1, 3), ['-o', 'ro']);
  t.throws(() => helperCall(['/srv', '/mnt', '-o', 'nonsense']), {
    exitCode: 2,
    message: /nonsense is no option/,
  });
  t.throws(() => helperCall(['/srv', '/mnt', '-o', 'bucket']), { message: /bucket is no option/ });
  t.same(helperCall(['/srv', '/mnt', '-s', '-o', 'nonsense']).words, ['mount', '--', '/srv', '/mnt']);
  t.throws(() => helperCall(['/srv']), { message: /are wanted/, remedy: /mount -t bucketree/ });
  t.throws(() => helperCall(['/srv', '/mnt', 'x']), { message: /are wanted/, exitCode: 2 });
  t.throws(() => helperCall(['/srv', '/mnt', '-z']), { message: /-z is not understood/ });
  t.throws(() => helperCall(['/srv', '/mnt', '-o', 'remount,ro']), {
    message: /cannot be changed/,
    remedy: /umount \/mnt/,
  });
});
