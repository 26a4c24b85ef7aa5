import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { bucketree } from './captured.js';
import { environment } from './started.js';

t.test('help is data, mistakes are said beside it', async (t) => {
  const dir = t.testdir();
  const help = await bucketree(['--help'], dir);
  t.match(help, { code: 0, stdout: /Usage: bucketree/, stderr: '' });
  t.match(await bucketree(['nonsense'], dir), { code: 2, stdout: '', stderr: /unknown command 'nonsense'/ });
  t.match(await bucketree(['config', 'show'], dir, { BUCKETREE_WORKERS: 'x' }), {
    code: 78,
    stderr: /BUCKETREE_WORKERS "x" is not accepted\n {2}fix: it is a whole number/,
  });
});

t.test('a misspelt variable is pointed out', async (t) => {
  const { code, stderr } = await bucketree(['version'], t.testdir(), { BUCKETREE_LISEN: ':1' });
  t.equal(code, 0);
  t.match(stderr, 'BUCKETREE_LISEN is no setting: did you mean BUCKETREE_LISTEN?');
});

t.test('a reader that stops reading is no error', async (t) => {
  const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
  const shell = `"$0" "$1" serve --help | head -n 1; exit "\${PIPESTATUS[0]}"`;
  const dir = t.testdir();
  const { status, stdout, stderr } = spawnSync('bash', ['-c', shell, process.execPath, main], {
    encoding: 'utf8',
    env: environment(dir),
  });
  t.match(
    { status, stdout, stderr },
    { status: 0, stdout: 'Usage: bucketree serve [options] [DIR]\n', stderr: '' },
  );
});
