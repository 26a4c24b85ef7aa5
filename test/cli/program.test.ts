import t from 'tap';
import { COMMANDS } from '../../cli/commands.js';
import { flagName } from '../../cli/option.js';
import { parseCommandLine } from '../../cli/program.js';
import { captured } from './captured.js';

function parse(...words: readonly string[]): ReturnType<typeof parseCommandLine> & { readonly said: string } {
  const stdout = captured();
  const parsed = parseCommandLine(words, { stdout, stderr: captured(), env: {}, directory: '/' });
  return { ...(parsed as NonNullable<typeof parsed>), said: stdout.text() };
}

t.test('flags, DIR and arguments are told apart', async (t) => {
  const serve = parse('serve', 'store', '--bucket', 'a=b', '--read-only', '--bucket=c=d', '--workers', '4');
  t.equal(serve.command.name, 'serve');
  t.same(Object.fromEntries(serve.flags), {
    directory: ['store'],
    bucket: ['a=b', 'c=d'],
    readOnly: ['true'],
    workers: ['4'],
  });
  const env = parse('env', 'rclone', '/srv');
  t.same(env.arguments, ['rclone']);
  t.same(env.flags.get('directory'), ['/srv']);
  t.equal(parse('key', 'remove', '--key', 'AKIA').command.name, 'key remove');
  t.same(parse('serve', '--no-read-only').flags.get('readOnly'), ['false']);
  const mount = parse('mount', '/srv', '/mnt', '-o', 'ro', '-ouid=1', '--mount-options', 'noexec');
  t.same(mount.arguments, ['/srv', '/mnt']);
  t.same(mount.flags.get('mountOptions'), ['ro', 'uid=1', 'noexec'], 'one letter for the same flag');
  t.equal(parse('serve').flags.size, 0, 'what is not said is not known');
});

t.test('every command’s help names its options with their defaults', async (t) => {
  for (const { name, options, summary } of COMMANDS) {
    const { said } = parse(...name.split(' '), '--help');
    t.match(said, `Usage: bucketree ${name}`);
    t.match(said, summary);
    for (const option of options) if (option !== 'directory') t.match(said, `--${flagName(option)}`, name);
  }
  t.match(parse('serve', '--help').said, 'default 127.0.0.1:9000');
});

t.test('what is wrong is a usage error with a hint', async (t) => {
  const wrong: readonly (readonly [readonly string[], RegExp, RegExp])[] = [
    [[], /a command is missing/, /bucketree --help/],
    [['key'], /a command is missing/, /bucketree key --help/],
    [['sevre'], /unknown command/, /did you mean serve/],
    [['serve', '--lisen', 'x'], /unknown option '--lisen'/, /did you mean --listen/],
    [['serve', 'a', 'b'], /too many arguments/, /bucketree serve --help/],
    [['serve', '--listen'], /argument missing/, /bucketree serve --help/],
    [['env'], /missing required argument 'CLIENT'/, /bucketree env --help/],
    [['env', 'ftp'], /ftp/, /bucketree env --help/],
    [['key', 'list', '--workers', '3'], /unknown option/, /bucketree key list --help/],
  ];
  for (const [words, message, remedy] of wrong) {
    t.throws(() => parse(...words), { name: 'Fault', message, remedy }, words.join(' '));
    t.throws(() => parse(...words), { message, exitCode: 2 });
  }
});
